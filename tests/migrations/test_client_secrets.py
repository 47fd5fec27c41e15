"""Clients keep their secrets when these get a table of their own, and when they lose it again."""

import asyncio

from sqlalchemy import text

from customer_api.core import schema
from customer_api.core.engines import parse_url

ONE_FOR_ALL = "8d3f6e21b0a4"
CLIENTS = (
    "INSERT INTO api_clients (uuid, name, scopes, grants, secret_digest, old_secret_digest, "
    "old_secret_expires_at, created_at, updated_at, version) "
    "VALUES ('a', 'a', '', '', :a, NULL, NULL, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1), "
    "('b', 'b', '', '', :b, :old, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1)"
)
SECRETS = (
    "SELECT uuid, digest, expires_at IS NULL FROM api_client_secrets "
    "JOIN api_clients ON api_clients.id = client_id ORDER BY digest"
)
COLUMNS = (
    "SELECT uuid, secret_digest, old_secret_digest, old_secret_expires_at IS NULL "
    "FROM api_clients ORDER BY uuid"
)
DIGESTS = {"a": b"a" * 32, "b": b"b" * 32, "old": b"o" * 32}


async def look(url, statement, **parameters):
    def work(connection):
        result = connection.execute(text(statement), parameters)
        found = [tuple(row) for row in result] if result.returns_rows else None
        connection.commit()
        return found

    return await asyncio.to_thread(schema.with_connection, parse_url(url), work)


async def test_secrets_are_moved_there_and_back(blank_database_url):
    url = blank_database_url
    await asyncio.to_thread(schema.upgrade, url)
    await asyncio.to_thread(schema.downgrade, url, ONE_FOR_ALL)
    await look(url, CLIENTS, **DIGESTS)

    await asyncio.to_thread(schema.upgrade, url)
    moved = await look(url, SECRETS)
    await asyncio.to_thread(schema.downgrade, url, ONE_FOR_ALL)
    back = await look(url, COLUMNS)

    assert moved == [
        ("a", DIGESTS["a"], True),
        ("b", DIGESTS["b"], True),
        ("b", DIGESTS["old"], False),
    ]
    assert back == [("a", DIGESTS["a"], None, True), ("b", DIGESTS["b"], DIGESTS["old"], False)]
