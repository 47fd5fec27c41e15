from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from customer_api.core.db import open_units
from customer_api.core.types import UtcDateTime

MOMENT = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)
moments = Table(
    "moments", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime)
)


@pytest.fixture
async def units(blank_database_url):
    opened = open_units(blank_database_url, pytest.fail)  # no session takes part
    await opened.write(moments.create)
    yield opened
    await opened.close()


async def store(units, value):
    await units.write(lambda it: it.execute(insert(moments).values(at=value)))
    return await units.read(lambda it: it.execute(select(moments.c.at)).scalar_one())


async def test_a_moment_comes_back_in_utc_to_the_microsecond(units):
    stored = await store(units, MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))))

    assert stored == MOMENT
    assert stored.tzinfo is UTC


async def test_no_moment_comes_back_as_none(units):
    assert await store(units, None) is None


async def test_a_naive_moment_is_a_programming_error(units):
    with pytest.raises(StatementError, match="naive"):
        await store(units, MOMENT.replace(tzinfo=None))


async def test_moments_are_compared_across_zones(units):
    await store(units, MOMENT)
    later = (MOMENT + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=-8)))

    found = await units.read(
        lambda it: it.execute(select(moments.c.id).where(moments.c.at < later)).all()
    )

    assert len(found) == 1


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()])
def test_values_with_another_zone_are_converted(dialect):
    stored = MOMENT.astimezone(timezone(timedelta(hours=2)))

    assert UtcDateTime().process_result_value(stored, dialect) == MOMENT
