"""Audit events in a migrated database, their seals, and what verification says."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import select, text

from customer_api.audit import repository
from customer_api.audit.models import COMMAND_LINE, Action
from customer_api.audit.sealing import Sealing
from customer_api.audit.verification import verify
from customer_api.core.engines import parse_url
from customer_api.core.snapshots import with_snapshot


class Trail:
    """Adds events, seals and verifies them, and does what nobody should."""

    def __init__(self, *, units, clock, url):
        self.units = units
        self.clock = clock
        self.sealing = Sealing(units=units, clock=clock)
        self._url = parse_url(url)

    async def add(self, *subjects):
        """Add an event about each subject, a second apart."""
        for subject in subjects:
            self.clock.advance(seconds=1)
            await self.units.write(
                lambda it, subject=subject: repository.add(
                    it, COMMAND_LINE, Action.CUSTOMER_CHANGED, subject, now=self.clock.now()
                )
            )

    async def add_sealed(self, *subjects):
        """Add events under a seal of their own."""
        await self.add(*subjects)
        assert await self.sealing.seal() == len(subjects)

    async def verify(self, expected_hash=None):
        """Return what verification finds, (what, seal, subject or uuid of the event), and the tally."""
        found = []
        work = partial(verify, report=found.append, expected_hash=expected_hash)
        tally = await asyncio.to_thread(with_snapshot, self._url, work)
        return [(it.what, it.seal, it.event) for it in found], tally

    async def do(self, *statements, **parameters):
        """Run SQL behind the back of the program, and count the rows."""

        def work(connection):
            return [connection.execute(text(it), parameters).rowcount for it in statements]

        return await self.units.write(work)

    async def rows(self, row_class):
        """Return all rows of a table in the order of its key."""
        table = row_class.__table__
        statement = select(table).order_by(*table.primary_key)
        return await self.units.read(lambda it: it.execute(statement).all())


@pytest.fixture
def trail(units, clock, database_url):
    """An empty trail."""
    return Trail(units=units, clock=clock, url=database_url)
