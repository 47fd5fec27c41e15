"""An erasure happens as a whole or not at all, whichever of its anonymizers fails and however."""

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from customer_api.anonymization.models import ErasureReceiptRow
from customer_api.customers.models import CustomerRow
from customer_api.mail.models import MailRow
from customer_api.plugin import ANONYMIZERS
from tests.anonymization.test_service import EMAIL, canaries, full_account
from tests.shop import address
from tests.tables import every_row, rows

PLUGINS = 5
ENDLESS = {
    "postgresql": "SELECT pg_sleep(60)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
}


class Step:
    """One of several anonymizers; changes something that everybody can see, then fails if told to."""

    def __init__(self, number):
        self.name = f"step{number}"
        self.fault = None

    def erase(self, context):
        change = text("UPDATE addresses SET city = :name WHERE customer_id = :customer")
        parameters = {"name": self.name, "customer": context.customer_id}
        changed = context.connection.execute(change, parameters).rowcount
        if self.fault is not None:
            self.fault(context.connection)
        return changed


def raise_an_error(_connection):
    raise RuntimeError("Canary.Ada@canary-shop.example cannot be forgotten")


def hang(connection):
    connection.execute(text(ENDLESS[connection.dialect.name]))


def break_a_rule(connection):
    connection.execute(text("UPDATE customers SET email = NULL"))


def fail_at_commit(connection):
    """Break a rule that is looked at in the commit only."""
    reference = "REFERENCES customers (id) DEFERRABLE INITIALLY DEFERRED"
    connection.execute(text(f"CREATE TABLE plugin_rows (customer_id BIGINT {reference})"))
    connection.execute(text("INSERT INTO plugin_rows VALUES (4711)"))


@pytest.fixture
def steps():
    return [Step(number) for number in range(PLUGINS)]


@pytest.fixture
def open_with_steps(open_shop, steps):
    """Open a shop with five plugins; a statement may take half a second."""

    async def open_one():
        plugins = [
            SimpleNamespace(group=ANONYMIZERS, value=step.name, load=lambda step=step: lambda: step)
            for step in steps
        ]
        return await open_shop(plugins=plugins, database_statement_timeout_seconds=0.5)

    return open_one


FAULTS = [
    (raise_an_error, 500),
    (hang, 503),
    (break_a_rule, 500),
    (fail_at_commit, 500),
]


@pytest.mark.promise("S110", "G8")
@pytest.mark.parametrize("position", [0, 2, PLUGINS - 1])
@pytest.mark.parametrize(("fault", "status"), FAULTS)
async def test_the_customer_is_as_before_and_a_retry_succeeds(
    open_with_steps, steps, position, fault, status
):
    shop = await open_with_steps()
    ada = await full_account(shop)
    before = await every_row(shop)
    steps[position].fault = fault

    failed = await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert failed.status_code == status
    assert "canary" not in failed.text.lower()
    assert await every_row(shop) == before
    assert await rows(shop, ErasureReceiptRow) == []
    await assert_usable(shop, ada)
    steps[position].fault = None
    retried = await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)
    await shop.mails()
    assert retried.status_code == 204
    assert canaries(await every_row(shop)) == set()
    (receipt,) = await rows(shop, ErasureReceiptRow)
    assert list(receipt.rows_by_anonymizer)[:PLUGINS] == [step.name for step in steps]


async def assert_usable(shop, account):
    """Write and read as the customer, with the old session and a new one."""
    path = f"/customers/{account.reference}/addresses"
    assert (await shop.call("POST", path, address(), by=account)).status_code == 201
    assert (await shop.log_in(EMAIL)).status_code == 201


@pytest.mark.promise("S110")
async def test_an_erasure_that_failed_told_nobody_outside(open_with_steps, steps):
    shop = await open_with_steps()
    ada = await shop.account(EMAIL)
    mails = len(await rows(shop, MailRow))
    steps[-1].fault = fail_at_commit

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert len(await rows(shop, MailRow)) == mails
    (customer,) = await rows(shop, CustomerRow)
    assert customer.anonymized_at is None
