"""A clock that tests move, and units on an empty, migrated database."""

from datetime import UTC, datetime, timedelta

import pytest

from customer_api.core.db import open_units


class MovableClock:
    def __init__(self):
        self._now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def now(self):
        return self._now

    def advance(self, **amount):
        self._now += timedelta(**amount)


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
async def units(database_url):
    opened = open_units(database_url, pytest.fail)  # no session takes part
    yield opened
    await opened.close()
