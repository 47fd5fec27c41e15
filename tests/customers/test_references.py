import asyncio
import re

import pytest
from sqlalchemy import func, select

from customer_api.core.db import open_units
from customer_api.core.ids import CROCKFORD
from customer_api.customers.models import NewCustomer
from customer_api.customers.references import RandomReferences, SequentialReferences
from customer_api.customers.repository import add
from tests.shop import START


@pytest.fixture
async def units(database_url):
    opened = open_units(database_url, pytest.fail)  # no session takes part
    yield opened
    await opened.close()


def linger(connection):
    """Take a moment, so that others need connections of their own."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_sleep(0.05)))


@pytest.fixture
def import_customer(shop):
    """Insert a customer with a reference from elsewhere."""

    async def insert(reference):
        new = NewCustomer(
            reference=reference,
            email=f"{reference}@import.example",
            salutation=None,
            first_name=None,
            last_name=None,
            gender=None,
            date_of_birth=None,
            company=None,
            phone=None,
            locale=None,
            registered_at=START,
        )
        await shop.container.units.write(lambda it: add(it, new, now=START))

    return insert


async def test_random_references_are_ten_characters_that_nobody_misreads(units):
    references = RandomReferences("DE")

    made = {await units.read(references.next) for _ in range(100)}

    assert len(made) == 100
    assert all(re.fullmatch(f"DE--[{CROCKFORD}]{{10}}", reference) for reference in made)


async def test_a_sequence_has_no_gaps_and_starts_at_one(units):
    references = SequentialReferences("DE", largest_step=1)

    made = [await units.write(references.next) for _ in range(3)]

    assert made == ["DE--1", "DE--2", "DE--3"]


async def test_each_prefix_has_a_sequence_of_its_own(units):
    await units.write(SequentialReferences("DE", largest_step=1).next)

    assert await units.write(SequentialReferences("AT", largest_step=1).next) == "AT--1"


async def test_a_sequence_with_random_steps_grows_by_one_to_twenty(units):
    references = SequentialReferences("DE", largest_step=20)

    numbers = [int((await units.write(references.next))[4:]) for _ in range(60)]

    steps = [after - before for before, after in zip([0, *numbers], numbers, strict=False)]
    assert set(steps) <= set(range(1, 21))
    assert len(set(steps)) > 1


async def test_concurrent_callers_get_different_numbers(units):
    references = SequentialReferences("DE", largest_step=1)
    await units.write(references.next)

    made = await asyncio.gather(*(units.write(references.next) for _ in range(20)))

    assert sorted(made, key=lambda it: int(it[4:])) == [f"DE--{n}" for n in range(2, 22)]


async def test_the_first_callers_of_all_get_different_numbers(units):
    references = SequentialReferences("DE", largest_step=1)
    await asyncio.gather(*(units.read(linger) for _ in range(5)))  # connects them all

    made = await asyncio.gather(*(units.write(references.next) for _ in range(5)))

    assert sorted(made) == [f"DE--{n}" for n in range(1, 6)]


@pytest.mark.parametrize(
    ("strategy", "pattern"),
    [
        ("random", f"AT--[{CROCKFORD}]{{10}}"),
        ("sequence", "AT--1"),
        ("sequence_random_step", r"AT--(1?\d|20)"),
    ],
)
async def test_the_shop_chooses_the_strategy(open_shop, strategy, pattern):
    shop = await open_shop(store="AT", reference_strategy=strategy)

    created = await shop.register()

    assert re.fullmatch(pattern, created.json()["data"]["id"])


async def test_a_sequence_steps_over_imported_references(open_shop, import_customer):
    shop = await open_shop(reference_strategy="sequence")
    for number in (1, 2, 3, 5):
        await import_customer(f"DE--{number}")

    created = [await shop.register(email=f"{name}@shop.example") for name in ("ada", "bob", "cy")]

    assert [it.json()["data"]["id"] for it in created] == ["DE--4", "DE--6", "DE--7"]


async def test_running_out_of_references_is_a_failure_that_changes_nothing(
    open_shop, import_customer, monkeypatch
):
    shop = await open_shop(reference_strategy="sequence")
    monkeypatch.setattr("customer_api.registration.service.REFERENCE_ATTEMPTS", 2)
    await import_customer("DE--1")
    await import_customer("DE--2")

    failed = await shop.register()

    assert failed.status_code == 500
    assert (await import_customer("DE--3")) is None
    assert (await shop.register()).status_code == 500
