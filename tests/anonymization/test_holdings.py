"""The list of holdings tells the truth: nothing personal is missing, and each wiper wipes its own."""

from functools import partial

import pytest
from sqlalchemy import select

from customer_api.anonymization.holdings import HOLDINGS, camel_case
from customer_api.anonymization.registry import BUILT_IN
from customer_api.bootstrap import metadata
from customer_api.core.privacy import is_personal
from customer_api.customers.models import CustomerRow
from customer_api.plugin import ErasureContext
from customer_api.security.rate_limit import MailboxLimiter
from tests.anonymization.test_service import forget, full_account, lock, personal_values
from tests.tables import every_row, rows

OWN, FORMER, PENDING, BOB = (f"{name}@Shop.Example" for name in ("own", "former", "wish", "bob"))


def test_every_table_with_a_personal_column_is_listed_once():
    personal = {
        table.name
        for table in metadata.tables.values()
        if any(is_personal(column) for column in table.columns)
    }

    listed = [holding.table.name for holding in HOLDINGS]

    assert personal <= set(listed)
    assert len(listed) == len(set(listed))


def test_what_only_the_database_understands_is_not_exported():
    internal = {
        f"{holding.table.name}.{column.name}"
        for holding in HOLDINGS
        for column in holding.columns
        if column.foreign_keys and column.name not in holding.shown_as
    }

    assert internal == set()


@pytest.mark.parametrize(
    ("name", "expected"), [("email", "email"), ("one_time_keys", "oneTimeKeys")]
)
def test_names_are_those_of_the_api(name, expected):
    assert camel_case(name) == expected


@pytest.mark.promise("G7")
async def test_each_anonymizer_wipes_what_the_data_map_says_and_all_of_it(shop):
    await full_account(shop)
    await lock(shop)
    (customer,) = await rows(shop, CustomerRow)
    wiped = {}
    left = personal_values(await every_row(shop))

    for anonymizer in BUILT_IN:

        def run(connection, anonymizer=anonymizer):
            context = ErasureContext(
                connection=connection,
                customer_id=customer.id,
                reference=customer.reference,
                email_key=customer.email_key,
                now=shop.clock.now(),
            )
            anonymizer.erase(context)

        await shop.container.units.write(run)
        now = personal_values(await every_row(shop))
        wiped |= dict.fromkeys(left - now, anonymizer.name)
        left = now

    assert left == {"customers.email", "customers.email_key"}  # which are replaced
    assert wiped == {
        f"{holding.table.name}.{column.name}": holding.anonymizer
        for holding in HOLDINGS
        for column in holding.table.columns
        if is_personal(column) and f"{holding.table.name}.{column.name}" not in left
    }


def rows_of(customer):
    """Return a unit that reads a customer's rows of each holding."""
    about = {"customer": customer.id, "email_key": customer.email_key}

    def read(connection):
        found = {}
        for holding in HOLDINGS:
            statement = (
                select(holding.table).where(holding.owner).order_by(*holding.table.primary_key)
            )
            rows_found = connection.execute(statement, about).mappings()
            found[holding.table.name] = [dict(row) for row in rows_found]
        return found

    return read


async def ask_for_newsletter(shop, account):
    """Ask for a newsletter as a customer, whose former question has ended with the move, and as a guest."""
    kind = (await shop.call("GET", "/newsletter-types")).json()["data"][0]["id"]
    wish = {"newsletterType": kind}
    path = f"/customers/{account.reference}/newsletter-subscriptions"
    assert (await shop.call("POST", path, wish, by=account)).status_code == 201
    wish["email"] = OWN
    assert (await shop.call("POST", "/newsletter-subscriptions", wish)).status_code == 202


async def moved_account(shop):
    """Return a full account after a move from `FORMER` to `OWN` with a wish for `PENDING`.

    Bob has a full account, too, at an address that Ada asked for before.
    """
    ada = await full_account(shop, FORMER)
    await shop.change_email(ada, BOB)
    ada = await shop.move(ada, OWN)
    await full_account(shop, BOB)
    await shop.change_email(ada, PENDING)
    await forget(shop, OWN)
    await ask_for_newsletter(shop, ada)
    await shop.container.restore_requests.answer()
    await shop.log_in(OWN, "wrong")
    limiter = MailboxLimiter(clock=shop.clock, mails_per_hour=3)
    for address in (OWN, FORMER, PENDING, BOB):
        await forget(shop, address)
        await shop.container.units.write(partial(limiter.allow, mailbox=address.lower()))
        await shop.container.units.write(partial(limiter.allow_notice, mailbox=OWN.lower()))
    return ada


@pytest.mark.promise("G7", "S109")
async def test_nothing_is_left_by_any_address_and_who_got_one_since_is_untouched(shop):
    account = await moved_account(shop)
    ada, bob = await rows(shop, CustomerRow)
    of_ada = await shop.container.units.read(rows_of(ada))
    of_bob = await shop.container.units.read(rows_of(bob))
    assert all(of_ada.values())
    assert all(of_bob.values())

    erased = await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    assert erased.status_code == 204
    assert await shop.container.units.read(rows_of(bob)) == of_bob
    left = {
        f"{table.name}.{column}"
        for table, row in await every_row(shop)
        for column, value in row.items()
        for address in (OWN, FORMER, PENDING)
        if address.lower() in str(value).lower()
    }
    assert left == {"mails.recipient"}  # of the last mail
