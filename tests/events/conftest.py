"""A log of events in a migrated database, receivers, and a worker between them."""

import pytest
from sqlalchemy import select

from customer_api.events import log, recording, subscriptions
from customer_api.events.models import EventRow, EventType
from customer_api.events.worker import EventWorker
from customer_api.security.webhook_signatures import new_secret
from tests.events.receivers import ScriptedReceivers

CART = "https://carts.shop.example/events"
CRM = "https://crm.shop.example/events"


class Log:
    """The log under test, each call a unit of its own."""

    def __init__(self, units, clock):
        self.units = units
        self.clock = clock

    async def record(self, *subjects, kind=EventType.CUSTOMER_UPDATED, data=None):
        """Record an event about each subject, all in one transaction."""

        def work(connection):
            for subject in subjects:
                recording.record(
                    connection, kind, subject, now=self.clock.now(), data=data or {"n": 1}
                )

        await self.units.write(work)

    async def number(self, most=1000):
        """Give places to what waits for them."""
        return await self.units.write(lambda it: log.number(it, most))

    async def subscribe(self, url=CART, **changes):
        """Add a receiver of what comes from now on."""
        values = {
            "uuid": url[8:44].ljust(36, "-"),
            "name": "cart service",
            "url": url,
            "types": frozenset(),
            "has_personal_data": False,
            "secret": new_secret(),
            "position": await self.units.read(log.end_of),
        }
        return await self.units.write(
            lambda it: subscriptions.add(it, values | changes, now=self.clock.now())
        )

    async def progress(self, subscription):
        """Return how far a receiver is."""
        return await self.units.read(
            lambda it: subscriptions.progress_of(it, subscriptions.find(it, subscription.uuid))
        )

    async def rows(self):
        """Return subject and place of all events, in the order in which they were recorded."""
        statement = select(EventRow.subject, EventRow.sequence).order_by(EventRow.id)
        return await self.units.read(lambda it: [tuple(row) for row in it.execute(statement)])


@pytest.fixture
def event_log(units, clock):
    return Log(units, clock)


@pytest.fixture
def receivers():
    return ScriptedReceivers()


@pytest.fixture
def make_worker(units, clock, receivers):
    """Make workers; arguments replace the defaults."""

    def make(**changes):
        defaults = {
            "units": units,
            "clock": clock,
            "receivers": receivers,
            "details": lambda _connection, _events: {},
            "source": "https://api.shop.example/v1",
            "timeout_seconds": 10,
        }
        return EventWorker(**(defaults | changes))

    return make


@pytest.fixture
def worker(make_worker):
    return make_worker()
