import asyncio
from email.message import EmailMessage

import pytest
from sqlalchemy import text

from customer_api.anonymization import search
from customer_api.anonymization.canaries import Canaries, Sighting
from customer_api.anonymization.search import Hit, list_tables, search_file, search_mails
from customer_api.bootstrap import metadata
from customer_api.core.engines import parse_url
from customer_api.core.schema import with_connection
from tests.shop import address

PLAIN = Sighting(1, "plain")
CANARY = "Quetzalcoatl"


async def search_tables(url, *values):
    """Search all tables where no event loop runs, as the command does."""

    def work(connection):
        tables = list_tables(connection)
        return [
            hit
            for schema, name in tables
            for hit in search.search_table(connection, schema, name, Canaries(values))
        ]

    return await asyncio.to_thread(with_connection, parse_url(url), work, read_only=True)


async def test_tables_are_searched_column_by_column(shop, database_url, monkeypatch):
    monkeypatch.setattr(search, "BATCH_ROWS", 2)
    account = await shop.account(firstName=CANARY, phone=f"call {CANARY.upper()}")
    path = f"/customers/{account.reference}/addresses"
    for _ in range(5):
        await shop.call("POST", path, address(city=CANARY), by=account)
    await shop.call("POST", path, address(), by=account)
    await shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    await shop.container.restore_requests.answer()

    hits = await search_tables(database_url, CANARY)

    assert hits == [
        Hit("addresses.city", PLAIN, 5),
        Hit("customers.first_name", PLAIN, 1),
        Hit("customers.first_name_key", PLAIN, 1),
        Hit("customers.phone", PLAIN, 1),
        Hit("mails.variables", PLAIN, 1),
    ]


async def test_values_that_are_no_text_are_searched_too(shop, database_url):
    await shop.register(dateOfBirth="1901-02-03")

    hits = await search_tables(database_url, "1901-02-03")

    assert hits == [Hit("customers.date_of_birth", PLAIN, 1)]


async def test_tables_of_others_with_odd_names_are_searched(shop, database_url):
    name = 'loyalty "cards"'
    quoted = '"loyalty ""cards"""'

    def create(connection):
        connection.execute(text(f"CREATE TABLE {quoted} (holder TEXT)"))
        connection.execute(text(f"INSERT INTO {quoted} VALUES (:name)"), {"name": CANARY})  # noqa: S608 - a name of ours

    def drop(connection):
        connection.execute(text(f"DROP TABLE {quoted}"))

    await shop.container.units.write(create)

    hits = await search_tables(database_url, CANARY)

    await shop.container.units.write(drop)
    assert hits == [Hit(f"{name}.holder", PLAIN, 1)]


async def test_every_table_is_listed(database_url):
    tables = await asyncio.to_thread(with_connection, parse_url(database_url), list_tables)

    names = {name for _, name in tables if not name.startswith("customer_search")}
    assert names == {*metadata.tables, "alembic_version"}


@pytest.mark.parametrize("position", [0, 5, 30, 57, 58, 63, 64, 100])
def test_a_file_is_searched_across_its_pieces(tmp_path, monkeypatch, position):
    monkeypatch.setattr(search, "PIECE_BYTES", 32)
    path = tmp_path / "file"
    path.write_bytes(b"." * position + CANARY.encode() + b"." * 70)

    assert list(search_file(path, Canaries([CANARY]))) == [Hit(str(path), PLAIN, 1)]


def test_a_file_without_canaries_has_no_hits(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"." * 1000)

    assert list(search_file(path, Canaries([CANARY]))) == []


def test_mails_are_searched_as_they_are_read(tmp_path):
    name = "Änne Quetzalcoatl von und zu Xochitl aus dem fernen Süden " * 3
    message = EmailMessage()
    message["To"] = "ada@shop.example"
    message.set_content(name, cte="quoted-printable")
    message.add_alternative(f"<p>{name}</p>", subtype="html", cte="base64")
    for number in range(2):
        (tmp_path / f"{number}.eml").write_bytes(message.as_bytes())

    hits = list(search_mails(tmp_path, Canaries([name.strip(), "ada@shop.example"])))

    assert hits == [Hit(str(tmp_path), PLAIN, 2), Hit(str(tmp_path), Sighting(2, "plain"), 2)]


def test_a_directory_without_mails_has_no_hits(tmp_path):
    assert list(search_mails(tmp_path / "none", Canaries([CANARY]))) == []
