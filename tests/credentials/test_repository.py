import pytest

from customer_api.credentials import repository
from customer_api.customers.repository import find_by_email
from tests.shop import START


@pytest.fixture
async def customer_id(shop):
    account = await shop.account()
    owner = await shop.container.units.read(lambda it: find_by_email(it, account.email))
    return owner.id


@pytest.fixture
def do(shop):
    """Call a function of the repository."""

    async def call(name, *arguments, **options):
        return await shop.container.units.write(
            lambda it: getattr(repository, name)(it, *arguments, **options)
        )

    return call


async def test_a_better_digest_replaces_the_one_it_was_made_of(do, customer_id):
    await do("set_password_hash", customer_id, "old", now=START)

    await do("replace_password_hash", customer_id, old="old", new="better")

    assert await do("find_password_hash", customer_id) == "better"


async def test_a_better_digest_does_not_undo_a_change(do, customer_id):
    await do("set_password_hash", customer_id, "changed", now=START)

    await do("replace_password_hash", customer_id, old="old", new="better")

    assert await do("find_password_hash", customer_id) == "changed"


async def test_a_removed_password_is_removed_once_and_can_be_set_again(do, customer_id):
    removed = [await do("remove_password", customer_id) for _ in range(2)]

    assert removed == [1, 0]
    assert await do("find_password_hash", customer_id) is None
    await do("set_password_hash", customer_id, "new", now=START)
    assert await do("find_password_hash", customer_id) == "new"


async def test_an_unknown_customer_has_no_password(do):
    assert await do("find_password_hash", 4711) is None
    assert await do("remove_password", 4711) == 0
