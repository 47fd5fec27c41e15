import asyncio

import pytest

from customer_api.core.types import Claims
from customer_api.customers.errors import EmailTaken
from customer_api.customers.models import CustomerRow
from customer_api.email_change.service import ChangeProfile
from tests.shop import PASSWORD, address
from tests.tables import rows


def change(**values):
    return ChangeProfile(values=values, password=None, confirm_password=None)


@pytest.fixture
async def ada(shop):
    return await shop.account()


@pytest.fixture
def claims_of(shop):
    def claims(account) -> Claims:
        verified = shop.container.access_tokens.verify(account.access_token)
        return Claims(verified.session, account.reference, verified.token_id)

    return claims


async def test_parallel_changes_of_different_fields_are_all_kept(shop, ada):
    changes = [
        {"firstName": "Augusta"},
        {"lastName": "King"},
        {"gender": "Male"},
        {"dateOfBirth": "1815-12-10"},
        {"phone": "+44 20 1815"},
    ]

    answers = await asyncio.gather(
        *(shop.call("PATCH", f"/customers/{ada.reference}", each, by=ada) for each in changes)
    )

    assert [answer.status_code for answer in answers] == [200] * 5
    (row,) = await rows(shop, CustomerRow)
    assert (row.first_name, row.last_name, row.gender) == ("Augusta", "King", "Male")
    assert (str(row.date_of_birth), row.phone) == ("1815-12-10", "+44 20 1815")
    assert row.version == 2 + len(changes)  # sign-up, confirmation


async def test_two_customers_who_want_one_address_cannot_both_have_it(open_shop):
    shop = await open_shop(email_change="immediate")
    ada = await shop.account()
    bob = await shop.account("bob@shop.example")

    answers = await asyncio.gather(
        *(
            shop.call("PATCH", f"/customers/{it.reference}", {"email": address}, by=it)
            for it, address in ((ada, "New@shop.example"), (bob, "nEW@shop.example"))
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    keys = [row.email_key for row in await rows(shop, CustomerRow)]
    assert keys.count("new@shop.example") == 1


async def test_a_taken_address_leaves_the_profile_and_the_connection_as_they_were(
    shop, ada, claims_of
):
    await shop.account("bob@shop.example")
    command = change(first_name="Eve", email="BOB@shop.example")

    with pytest.raises(EmailTaken):
        await shop.container.profile_changes.change_profile(claims_of(ada), ada.reference, command)

    current = await shop.container.customers.current(claims_of(ada))
    assert (current.first_name, current.email, current.version) == ("Ada", ada.email, 2)


async def test_another_spelling_of_the_own_address_is_stored(shop, ada, claims_of):
    command = change(email="ADA@Shop.Example")

    changed = await shop.container.profile_changes.change_profile(
        claims_of(ada), ada.reference, command
    )

    assert changed.customer.email == "ADA@Shop.Example"
    assert changed.customer.email_key == "ada@shop.example"
    assert changed.pending_email is None
    assert (await shop.log_in("ada@shop.example")).status_code == 201


async def test_a_change_without_values_changes_nothing(shop, ada, claims_of):
    shop.clock.advance(hours=1)

    changed = await shop.container.profile_changes.change_profile(
        claims_of(ada), ada.reference, change()
    )

    assert changed.customer.version == 2
    assert changed.customer.updated_at < shop.clock.now()


async def test_a_change_moves_the_time_of_the_last_change_and_counts(shop, ada, claims_of):
    shop.clock.advance(hours=1)

    changed = await shop.container.profile_changes.change_profile(
        claims_of(ada), ada.reference, change(first_name="Augusta")
    )

    customer = changed.customer
    assert (customer.updated_at, customer.version) == (shop.clock.now(), 3)
    assert customer.created_at < customer.updated_at


async def test_a_change_beside_an_erasure_leaves_nothing_behind(shop, ada):
    path = f"/customers/{ada.reference}"

    changed, erased = await asyncio.gather(
        shop.call("PATCH", path, {"firstName": "Canary"}, by=ada),
        shop.call("DELETE", path, by=ada),
    )

    assert erased.status_code == 204
    assert changed.status_code in {200, 401}
    (row,) = await rows(shop, CustomerRow)
    assert row.first_name is None
    assert (await shop.log_in(ada.email, PASSWORD)).status_code == 401


async def test_keys_survive_another_spelling_of_the_address(shop, ada):
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    key = await shop.mailed_key()

    await shop.call("PATCH", f"/customers/{ada.reference}", {"email": "ADA@shop.example"}, by=ada)

    assert (await shop.restore(key)).status_code == 204


async def test_a_change_shows_what_it_includes(shop, ada):
    await shop.call("POST", f"/customers/{ada.reference}/addresses", address(), by=ada)

    answer = await shop.call(
        "PATCH", f"/customers/{ada.reference}?include=addresses", {"phone": "1"}, by=ada
    )

    (included,) = answer.json()["included"]
    assert included["type"] == "addresses"
    assert answer.json()["data"]["relationships"]["addresses"]["data"][0]["id"] == included["id"]


async def test_an_empty_phone_is_none(shop, ada):
    await shop.call("PATCH", f"/customers/{ada.reference}", {"phone": "1"}, by=ada)

    await shop.call("PATCH", f"/customers/{ada.reference}", {"phone": ""}, by=ada)

    (row,) = await rows(shop, CustomerRow)
    assert row.phone is None
