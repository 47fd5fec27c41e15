"""Customers who were there before an index of the search are found by it."""

import asyncio

import pytest
from sqlalchemy import text

from customer_api.core import schema
from customer_api.core.engines import parse_url
from customer_api.customers.search import rows
from customer_api.customers.search.pages import PageRequest, Search, find_page

BEFORE_BEGINNINGS = "2b8f4ad07c35"
LEONHARD = text(
    "INSERT INTO customers (reference, email, email_key, first_name, first_name_key, last_name, last_name_key, "
    "created_at, updated_at, version) VALUES ('DE--1', 'leo@shop.example', 'leo@shop.example', "
    "'Leonhard', 'leonhard', 'Euler', 'euler', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 1)"
)


async def look(url, work, *, read_only=False):
    return await asyncio.to_thread(
        schema.with_connection, parse_url(url), work, read_only=read_only
    )


def add(connection):
    connection.execute(LEONHARD)
    connection.commit()


@pytest.mark.parametrize("wanted", ["leonh", "eul", "leo", "shop.example"])
async def test_an_upgrade_indexes_who_is_there(blank_database_url, monkeypatch, wanted):
    monkeypatch.setattr(rows, "WINDOW", 0)
    await asyncio.to_thread(schema.upgrade, blank_database_url)
    await asyncio.to_thread(schema.downgrade, blank_database_url, BEFORE_BEGINNINGS)
    await look(blank_database_url, add)

    await asyncio.to_thread(schema.upgrade, blank_database_url)

    page = await look(
        blank_database_url,
        lambda it: find_page(it, Search(text=wanted), PageRequest(10)),
        read_only=True,
    )
    assert [it.last_name for it in page.entries] == ["Euler"]
