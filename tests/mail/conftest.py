"""An outbox in a migrated database, and customers to write to."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from customer_api.customers.models import CustomerRow
from customer_api.mail.message import PASSWORD_CHANGED, Mail
from customer_api.mail.models import MailRow
from customer_api.mail.outbox import Outbox
from customer_api.mail.render import Renderer
from customer_api.mail.worker import MailWorker
from tests.mail.transports import ScriptedTransport

SENDER = "shop@shop.example"


@pytest.fixture
def outbox(clock):
    return Outbox(clock=clock, sender=SENDER)


@pytest.fixture
def make_mail():
    def make(customer_id=1, **changes):
        values = {
            "template": PASSWORD_CHANGED,
            "recipient": "ada@customer.example",
            "locale": "en_US",
            "reference": "DE--7K3MX0Q2VD",
            "customer_id": customer_id,
            "variables": {"first_name": "Ada", "last_name": "Lovelace"},
        }
        return Mail(**(values | changes))

    return make


class Box:
    """The outbox under test, each call a unit of its own."""

    def __init__(self, *, units, outbox, make_mail):
        self.units = units
        self.outbox = outbox
        self._make_mail = make_mail

    async def add_customer(self, name="ada"):
        """Insert a customer and return the id."""
        values = {
            "reference": f"DE--{name}",
            "email": f"{name}@customer.example",
            "email_key": f"{name}@customer.example",
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
            "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
            "version": 1,
        }
        statement = insert(CustomerRow).values(values).returning(CustomerRow.id)
        return await self.units.write(lambda it: it.execute(statement).scalar_one())

    async def put(self, customer_id, expires_after=None, **changes):
        """Queue a mail to the customer."""
        await self.do("put", self._make_mail(customer_id, **changes), expires_after=expires_after)

    async def claim(self, limit=10):
        """Claim mails for two minutes."""
        return await self.do("claim", limit=limit, lease=timedelta(minutes=2))

    async def do(self, method, *arguments, **options):
        """Call a method of the outbox."""
        return await self.units.write(
            lambda it: getattr(self.outbox, method)(it, *arguments, **options)
        )

    async def rows(self):
        """Return the table's rows, in the order they were queued."""
        statement = select(MailRow.__table__).order_by(MailRow.id)
        return await self.units.read(lambda it: it.execute(statement).all())


@pytest.fixture
def box(units, outbox, make_mail):
    return Box(units=units, outbox=outbox, make_mail=make_mail)


@pytest.fixture
def transport():
    return ScriptedTransport()


@pytest.fixture
def make_worker(units, outbox, transport, clock):
    def make(**changes):
        values = {
            "units": units,
            "outbox": outbox,
            "renderer": Renderer(store="DE", locale="en_US", overrides=None),
            "transport": transport,
            "clock": clock,
            "max_tries": 3,
        }
        return MailWorker(**(values | changes))

    return make


@pytest.fixture
def worker(make_worker):
    return make_worker()
