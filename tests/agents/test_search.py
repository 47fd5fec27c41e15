"""How agents find customers."""

from sqlalchemy import select

from customer_api.agents import search
from customer_api.customers.models import CustomerRow
from tests.plans import explain


async def test_a_text_of_three_characters_is_looked_up_in_the_index(shop):
    def work(connection):
        found = search._matches("o'hara", connection.dialect.name)  # noqa: SLF001 - the statement's own
        connection.execute(select(CustomerRow.id).where(found))

    plan = await shop.container.units.write(lambda it: explain(it, work))

    assert "ix_customers_terms" in plan or "customer_search VIRTUAL TABLE INDEX" in plan
    assert "SCAN customers\n" not in plan
    assert "Seq Scan on customers" not in plan
