import pytest
from sqlalchemy import false

from customer_api.customers import repository
from customer_api.customers.errors import EmailTaken
from customer_api.customers.models import CustomerRow
from tests.tables import rows


@pytest.fixture
async def two_customers(shop):
    for name in ("ada", "bob"):
        await shop.register(email=f"{name}@shop.example")
    return await rows(shop, CustomerRow)


def change(customer, email):
    return lambda it: repository.change(it, customer.id, {"email": email}, now=customer.created_at)


async def test_a_taken_address_is_refused(shop, two_customers):
    ada, _ = two_customers

    with pytest.raises(EmailTaken):
        await shop.container.units.write(change(ada, "BOB@shop.example"))


async def test_an_address_that_is_taken_meanwhile_is_refused_by_the_index(
    shop, two_customers, monkeypatch
):
    ada, _ = two_customers
    nobody = repository._IS_TAKEN.where(false())  # noqa: SLF001 - as if it were still free
    monkeypatch.setattr(repository, "_IS_TAKEN", nobody)

    with pytest.raises(EmailTaken):
        await shop.container.units.write(change(ada, "bob@shop.example"))


async def test_ones_own_address_is_not_taken(shop, two_customers):
    ada, _ = two_customers

    changed = await shop.container.units.write(change(ada, "Ada@Shop.Example"))

    assert changed.email == "Ada@Shop.Example"
