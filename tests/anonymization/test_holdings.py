"""The list of holdings tells the truth: nothing personal is missing, and each wiper wipes its own."""

import pytest

from customer_api.anonymization.holdings import HOLDINGS, camel_case
from customer_api.anonymization.registry import BUILT_IN
from customer_api.bootstrap import metadata
from customer_api.core.privacy import is_personal
from customer_api.customers.models import CustomerRow
from customer_api.plugin import ErasureContext
from tests.anonymization.test_service import full_account, personal_values
from tests.tables import every_row, rows


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
