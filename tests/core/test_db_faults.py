"""What is left of a unit of work when the database failed it."""

import asyncio

import pytest

from customer_api.core.errors import DatabaseUnavailable
from tests.core import counting


def increment_and_fail(connection):
    counting.increment(connection)
    raise ValueError


@pytest.mark.promise("G8", "G10")
async def test_a_transaction_that_could_not_begin_leaves_none_half_done_later(sqlite_url, open_at):
    holder, writer = open_at(sqlite_url), open_at(sqlite_url, busy_timeout_seconds=0.05)
    await holder.write(counting.set_up)
    loop = asyncio.get_running_loop()

    def hold(connection):
        counting.read(connection)
        return asyncio.run_coroutine_threadsafe(attempt(), loop).result(10)

    async def attempt():
        with pytest.raises(DatabaseUnavailable):
            await writer.write(counting.increment)

    await holder.write(hold)

    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        await writer.write(increment_and_fail)

    assert await holder.read(counting.read) == 0
