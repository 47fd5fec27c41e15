"""With `EMAIL_CHANGE=immediate` another address applies at once."""

import pytest

from customer_api.security.counters import CounterRow
from tests.shop import only_error
from tests.tables import rows

NEW = "a@shop.example"


@pytest.fixture
async def shop(open_shop):
    return await open_shop(email_change="immediate")


@pytest.fixture
async def ada(shop):
    return await shop.account()


@pytest.mark.promise("G3")
async def test_the_other_sessions_end_and_the_acting_one_goes_on(shop, ada):
    elsewhere = await shop.session(ada.reference, ada.email)

    answer = await shop.change_email(ada, NEW)

    refreshed = await shop.call(
        "POST", "/refresh-tokens", {"refreshToken": elsewhere.refresh_token}
    )
    assert answer.json()["data"]["attributes"]["email"] == NEW
    assert await shop.is_logged_in(ada)
    assert not await shop.is_logged_in(elsewhere)
    assert only_error(refreshed)[1] == "004"


async def test_keys_mailed_to_the_old_address_die_with_it(shop, ada):
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    key = await shop.mailed_key()

    await shop.change_email(ada, NEW)

    answer = await shop.restore(key)
    assert only_error(answer) == (422, "415", "Restore password key is not valid.")


async def test_counters_of_the_old_address_are_forgotten(shop, ada):
    await shop.log_in(ada.email, "wrong")
    assert ada.email in {row.subject for row in await rows(shop, CounterRow)}

    await shop.change_email(ada, NEW)

    assert ada.email not in {row.subject for row in await rows(shop, CounterRow)}


async def test_everything_else_in_the_request_changes_with_it_in_one_version(shop, ada):
    path = f"/customers/{ada.reference}"

    answer = await shop.call("PATCH", path, {"email": NEW, "firstName": "Augusta"}, by=ada)

    changed = answer.json()["data"]["attributes"]
    assert (changed["email"], changed["firstName"]) == (NEW, "Augusta")
    assert "meta" not in answer.json()["data"]


@pytest.mark.promise("G3")
async def test_the_old_mailbox_is_told_and_takes_the_account_back(shop, ada):
    await shop.change_email(ada, NEW)

    answer = await shop.undo_email(await shop.mailed_key("email/undo"))

    told = [mail for mail in await shop.mails() if "was changed" in mail["Subject"]]
    assert answer.status_code == 204
    assert [mail["To"] for mail in told] == [ada.email]
    assert not await shop.is_logged_in(ada)
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204
    assert (await shop.log_in(ada.email, "B4ttery-Staple?")).status_code == 201


async def test_a_reserved_address_cannot_be_had_at_once(shop, ada):
    bob = await shop.account("bob@shop.example")
    await shop.change_email(ada, NEW)

    answer = await shop.change_email(bob, ada.email)

    assert only_error(answer)[:2] == (422, "400")
    assert await shop.is_logged_in(bob)
