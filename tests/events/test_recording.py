"""Which events the changes of a customer leave, and that nothing personal is in them."""

import pytest

from customer_api.events.models import EventRow
from tests.shop import OTHER_PASSWORD, PASSWORD, address
from tests.tables import rows


async def recorded(shop, reference=None):
    """Return type and data of the events about a customer, the oldest first."""
    found = await rows(shop, EventRow)
    return [(it.type, it.data) for it in found if reference in {None, it.subject}]


async def types(shop, reference=None):
    return [type_ for type_, _ in await recorded(shop, reference)]


async def test_a_registration_and_its_confirmation(shop):
    account = await shop.account()

    assert await recorded(shop, account.reference) == [
        ("customer.registered", {}),
        ("customer.confirmed", {}),
    ]


async def test_confirming_twice_is_one_event(shop):
    await shop.register()
    key = await shop.mailed_key()

    await shop.confirm(key)
    await shop.confirm(key)

    assert await types(shop) == ["customer.registered", "customer.confirmed"]


async def test_a_registration_that_was_refused_leaves_none(shop):
    await shop.account()

    assert (await shop.register()).status_code == 422
    assert (await shop.register(email="b@shop.example", password="weak")).status_code == 422

    assert await types(shop) == ["customer.registered", "customer.confirmed"]


async def test_after_a_repeated_registration_the_removed_password_is_told(shop):
    await shop.register()
    await shop.register(password=OTHER_PASSWORD, confirmPassword=OTHER_PASSWORD)
    await shop.confirm(await shop.mailed_key())

    assert await types(shop) == [
        "customer.registered",
        "customer.confirmed",
        "customer.password_changed",
    ]


async def test_changes_of_the_profile_name_what_differs(shop):
    account = await shop.account()
    changes = {"firstName": "Grace", "lastName": "Example", "phone": "+49 30 1"}

    await shop.call("PATCH", f"/customers/{account.reference}", changes, by=account)
    await shop.call("PATCH", f"/customers/{account.reference}", changes, by=account)

    assert (await recorded(shop, account.reference))[2:] == [
        ("customer.updated", {"changed": ["firstName", "phone"]})
    ]


async def test_another_address_is_told_when_it_applies(shop):
    account = await shop.account()
    await shop.change_email(account, "grace@shop.example")
    before = await types(shop, account.reference)
    await shop.confirm_email(await shop.mailed_key("email/confirm"))
    confirmed = await types(shop, account.reference)
    await shop.undo_email(await shop.mailed_key("email/undo"))

    assert before == ["customer.registered", "customer.confirmed"]
    assert confirmed[2:] == ["customer.email_changed"]
    assert (await types(shop, account.reference))[3:] == [
        "customer.email_changed",
        "customer.password_changed",
    ]


async def test_another_spelling_is_an_update(shop):
    account = await shop.account()

    await shop.change_email(account, "Ada@shop.example")

    assert (await recorded(shop, account.reference))[2:] == [
        ("customer.updated", {"changed": ["email"]})
    ]


async def test_an_address_that_applies_at_once_is_told_at_once(open_shop):
    shop = await open_shop(email_change="immediate")
    account = await shop.account()
    changes = {"email": "grace@shop.example", "firstName": "Grace"}

    await shop.call("PATCH", f"/customers/{account.reference}", changes, by=account)

    assert (await recorded(shop, account.reference))[2:] == [
        ("customer.email_changed", {}),
        ("customer.updated", {"changed": ["firstName"]}),
    ]


async def test_every_new_password_is_told(shop):
    account = await shop.account()
    change = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    path = f"/customer-password/{account.reference}"
    assert (await shop.call("PATCH", path, change, by=account)).status_code == 204
    await shop.undo_password(await shop.mailed_key("password/undo"))
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204

    assert (await types(shop, account.reference))[2:] == ["customer.password_changed"] * 3


async def test_a_login_and_a_wrong_password_are_no_events(shop):
    await shop.account()
    before = await types(shop)

    await shop.log_in()
    await shop.log_in(password="wrong")

    assert await types(shop) == before


async def test_a_restore_confirms_too(shop):
    created = await shop.register()
    reference = created.json()["data"]["id"]
    await shop.call("POST", "/customer-forgotten-password", {"email": "ada@shop.example"})
    await shop.restore(await shop.mailed_key("password/restore"))

    assert await types(shop, reference) == [
        "customer.registered",
        "customer.password_changed",
        "customer.confirmed",
    ]


async def test_what_happens_to_addresses(shop):
    account = await shop.account()
    path = f"/customers/{account.reference}/addresses"
    created = await shop.call("POST", path, address(), by=account)
    uuid = created.json()["data"]["id"]
    await shop.call("PATCH", f"{path}/{uuid}", {"city": "Bonn"}, by=account)
    await shop.call("DELETE", f"{path}/{uuid}", by=account)

    data = {"addressId": uuid, "isDefaultBilling": True, "isDefaultShipping": True}
    assert (await recorded(shop, account.reference))[2:] == [
        ("address.created", data),
        ("address.updated", data),
        ("address.deleted", data),
    ]


async def test_an_erasure_is_the_last_event(shop):
    account = await shop.account()
    await shop.call("DELETE", f"/customers/{account.reference}", by=account)
    await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    assert (await recorded(shop, account.reference))[2:] == [("customer.anonymized", {})]


async def test_a_refused_change_leaves_none(shop):
    account = await shop.account()
    before = await types(shop)
    path = f"/customers/{account.reference}"

    await shop.call("PATCH", path, {"firstName": ""}, by=account)
    await shop.call("PATCH", path, {"firstName": "Eve"}, by=account, headers={"If-Match": '"0"'})
    await shop.call("PATCH", f"{path}/addresses/none", {"city": "Bonn"}, by=account)

    assert await types(shop) == before


@pytest.mark.parametrize("conflict", ["contract", "hidden"])
async def test_a_taken_address_leaves_none(open_shop, conflict):
    shop = await open_shop(registration_conflict=conflict)
    await shop.account()
    before = await types(shop)

    await shop.register()

    assert await types(shop) == before
