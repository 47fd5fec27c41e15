"""Units of work on a migrated database, with a session check that lets everybody in."""

from functools import partial

import pytest

from customer_api.core.db import open_units


class OpenDoor:
    """A session check that returns what it was asked, and how."""

    def find(self, _connection, claims):
        return "found", claims

    def lock(self, _connection, claims):
        return "locked", claims


@pytest.fixture
async def open_at():
    """Open units on a database; arguments are those of `open_units`."""
    opened = []

    def open_one(url, *, check=None, **options):
        opened.append(open_units(url, check or OpenDoor(), **options))
        return opened[-1]

    yield open_one
    for units in opened:
        await units.close()


@pytest.fixture
def open_more(open_at, database_url):
    """Open units on this test's database."""
    return partial(open_at, database_url)


@pytest.fixture
def units(open_more):
    return open_more()
