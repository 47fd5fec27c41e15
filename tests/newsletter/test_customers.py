"""What customers do with their newsletters, and what becomes of them with the account."""

import pytest
from sqlalchemy import update

from customer_api.mail.models import MailRow
from customer_api.newsletter.models import RequestRow, SubscriptionRow
from tests.events.receivers import ScriptedReceivers
from tests.newsletter.conftest import EMAIL
from tests.shop import PASSWORD, only_error
from tests.tables import every_row, rows

OTHER = "grace@shop.example"


async def subscribe_as(press, account, newsletter=None):
    answer = await press.ask_as(account, newsletter)
    assert answer.status_code == 201, answer.text
    key = await press.shop.mailed_key("newsletter/confirm")
    assert (await press.confirm(key)).status_code == 204
    return answer.json()["data"]["id"]


@pytest.mark.contract("news-7", "news-8")
async def test_a_customer_confirms_by_mail_like_everybody(press):
    ada = await press.shop.account()

    answer = await press.ask_as(ada, channel="profile")
    asked = await press.own(ada)
    key = await press.shop.mailed_key("newsletter/confirm")
    await press.confirm(key)

    data = answer.json()["data"]
    path = f"customers/{ada.reference}/newsletter-subscriptions/{data['id']}"
    assert answer.status_code == 201
    assert data["links"]["self"] == f"https://api.shop.example/v1/{path}"
    assert data["attributes"] == {
        "newsletterType": press.news,
        "newsletterName": "News",
        "email": EMAIL,
        "state": "pending",
        "channel": "profile",
        "textVersion": 1,
        "askedAt": data["attributes"]["askedAt"],
        "confirmedAt": None,
        "endedAt": None,
    }
    assert asked == [("News", EMAIL, "pending")]
    assert await press.own(ada) == [("News", EMAIL, "subscribed")]
    assert [(type_, subject) for type_, subject, _ in await press.events()] == [
        ("newsletter.subscribed", ada.reference)
    ]
    (mail, _) = [it for it in await press.shop.mails() if "newsletter" in it["Subject"]]
    assert mail["Customer-Reference"] == ada.reference


@pytest.mark.contract("news-7", "link-1")
async def test_a_subscription_is_found_by_its_link(press):
    ada = await press.shop.account()
    asked = (await press.ask_as(ada)).json()
    await subscribe_as(press, ada, await press.add_type("Birds"))
    headers = {"Authorization": f"Bearer {ada.access_token}"}

    answer = await press.shop.client.get(asked["data"]["links"]["self"], headers=headers)

    assert answer.json() == asked


@pytest.mark.contract("news-8")
async def test_asking_for_what_one_has_changes_nothing(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    before = await press.subjects()

    answer = await press.ask_as(ada)

    assert answer.json()["data"]["attributes"]["state"] == "subscribed"
    assert await press.subjects() == before


@pytest.mark.contract("news-9")
async def test_a_customer_ends_it(press):
    ada = await press.shop.account()
    uuid = await subscribe_as(press, ada)
    path = f"/customers/{ada.reference}/newsletter-subscriptions"

    ended = [await press.shop.call("DELETE", f"{path}/{uuid}", by=ada) for _ in range(2)]
    unknown = await press.shop.call("DELETE", f"{path}/none", by=ada)

    assert [it.status_code for it in ended] == [204, 204]
    assert only_error(unknown) == (404, "453", "Newsletter subscription was not found.")
    assert await press.own(ada) == [("News", EMAIL, "unsubscribed")]
    assert [type_ for type_, _, _ in await press.events()] == [
        "newsletter.subscribed",
        "newsletter.unsubscribed",
    ]


@pytest.mark.contract("news-9", "news-10")
@pytest.mark.promise("S53")
async def test_the_subscriptions_of_others_are_nobodys_business(press):
    ada, bob = await press.shop.account(), await press.shop.account("bob@shop.example")
    uuid = await subscribe_as(press, ada)
    theirs = f"/customers/{ada.reference}/newsletter-subscriptions"
    own = f"/customers/{bob.reference}/newsletter-subscriptions"
    wish = {"newsletterType": press.news}

    answers = [
        await press.shop.call("GET", theirs, by=bob),
        await press.shop.call("POST", theirs, wish, by=bob),
        await press.shop.call("DELETE", f"{theirs}/{uuid}", by=bob),
    ]
    by_own_path = await press.shop.call("DELETE", f"{own}/{uuid}", by=bob)

    assert {only_error(it) for it in answers} == {(403, "411", "Unauthorized request.")}
    assert only_error(by_own_path)[:2] == (404, "453")
    assert await press.states() == [(EMAIL, "subscribed")]


async def test_an_operator_subscribes_nobody_in_their_name(press):
    ada = await press.shop.impersonate(await press.shop.account())

    answer = await press.ask_as(ada)

    assert answer.status_code == 403
    assert await press.states() == []


async def test_a_repeated_wish_is_one(press):
    ada = await press.shop.account()
    path = f"/customers/{ada.reference}/newsletter-subscriptions"
    headers = {"Idempotency-Key": "a-key"}

    first, second = [
        await press.shop.call("POST", path, {"newsletterType": press.news}, by=ada, headers=headers)
        for _ in range(2)
    ]

    assert first.content == second.content
    assert len(await press.subjects()) == 1


@pytest.mark.contract("news-11")
async def test_a_guests_newsletter_comes_with_the_account_once_the_mailbox_is_proven(press):
    await press.subscribe()
    await press.shop.register()
    (before,) = await rows(press.shop, SubscriptionRow)
    await press.shop.confirm(await press.shop.mailed_key("register/confirm"))
    ada = await press.shop.session("", EMAIL)
    (row,) = await rows(press.shop, SubscriptionRow)

    assert (before.customer_id, row.state) == (None, "subscribed")
    assert row.customer_id is not None
    assert ada.access_token


@pytest.mark.contract("news-11")
async def test_a_restored_password_proves_the_mailbox_too(press):
    await press.subscribe()
    await press.shop.register()
    await press.shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    await press.shop.restore(await press.shop.mailed_key("password/restore"))

    (row,) = await rows(press.shop, SubscriptionRow)
    assert row.customer_id is not None


async def test_a_guest_with_an_account_gets_it_into_the_account(press):
    ada = await press.shop.account()

    await press.subscribe()

    assert await press.own(ada) == [("News", EMAIL, "subscribed")]
    assert [subject for _, subject, _ in await press.events()] == [ada.reference]


async def test_an_unconfirmed_account_gets_nothing(press):
    await press.shop.register()

    await press.subscribe()

    (row,) = await rows(press.shop, SubscriptionRow)
    assert row.customer_id is None


async def test_without_double_opt_in_an_account_proves_nothing(open_press):
    press = await open_press(double_opt_in=False)
    await press.shop.register()

    await press.subscribe()
    (before,) = await rows(press.shop, SubscriptionRow)
    await press.shop.confirm(await press.shop.mailed_key("register/confirm"))
    (after,) = await rows(press.shop, SubscriptionRow)

    assert (before.customer_id, after.customer_id is None) == (None, False)


@pytest.mark.contract("news-10")
async def test_who_has_not_proven_the_mailbox_learns_nothing_about_it(open_press):
    press = await open_press(double_opt_in=False)
    registered = await press.shop.register()
    ada = await press.shop.session(registered.json()["data"]["id"], EMAIL)
    key = await press.shop.mailed_key("register/confirm")
    refused = [await press.ask_as(ada)]
    await press.subscribe()
    refused.append(await press.ask_as(ada))
    unseen = await press.own(ada)
    await press.shop.confirm(key)

    assert len({it.content for it in refused}) == 1
    assert only_error(refused[0])[0] == 403
    assert unseen == []
    assert await press.own(ada) == [("News", EMAIL, "subscribed")]


async def test_a_customer_who_asks_takes_over_what_the_guest_had(press):
    await press.subscribe()
    ada = await press.shop.account()
    unlinked = update(SubscriptionRow).values(customer_id=None)
    await press.shop.container.units.write(lambda it: it.execute(unlinked))

    answer = await press.ask_as(ada)

    assert answer.json()["data"]["attributes"]["state"] == "subscribed"
    assert await press.own(ada) == [("News", EMAIL, "subscribed")]


@pytest.mark.contract("news-11")
async def test_newsletters_follow_a_confirmed_address(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    await press.shop.change_email(ada, OTHER)
    pending = await press.own(ada)
    await press.shop.confirm_email(await press.shop.mailed_key("email/confirm"))
    ada = await press.shop.session(ada.reference, OTHER)
    moved = await press.own(ada)
    await press.shop.undo_email(await press.shop.mailed_key("email/undo"))

    assert pending == [("News", EMAIL, "subscribed")]
    assert moved == [("News", OTHER, "subscribed")]
    assert await press.states() == [(EMAIL, "subscribed")]


@pytest.mark.parametrize("is_subscribed_there", [True, False])
async def test_at_the_new_address_the_one_that_is_subscribed_stays(press, is_subscribed_there):
    ada = await press.shop.account()
    birds = await press.add_type("Birds")
    if is_subscribed_there:
        await press.ask_as(ada)
        await press.subscribe(OTHER)
        await press.subscribe(OTHER, newsletterType=birds)
    else:
        await subscribe_as(press, ada)
        await press.ask(OTHER)
    press.shop.clock.advance(hours=2)
    ada = await press.shop.session(ada.reference, EMAIL)

    ada = await press.shop.move(ada, OTHER)

    expected = [("News", OTHER, "subscribed")]
    if is_subscribed_there:
        expected.insert(0, ("Birds", OTHER, "subscribed"))
    assert await press.own(ada) == expected
    assert len(await press.states()) == len(expected)


@pytest.mark.contract("news-10")
async def test_an_address_that_was_only_claimed_shows_nothing_of_its_owner(open_press):
    press = await open_press(email_change="immediate")
    ada = await press.shop.account()
    await press.subscribe(OTHER)
    await press.shop.change_email(ada, OTHER)

    refused = await press.ask_as(ada)

    assert only_error(refused)[:2] == (403, "803")
    assert await press.own(ada) == []


async def test_an_address_that_nobody_has_proven_gets_no_newsletter(open_press):
    press = await open_press(email_change="immediate")
    ada = await press.shop.account()
    await subscribe_as(press, ada)

    await press.shop.change_email(ada, OTHER)

    assert await press.own(ada) == [("News", EMAIL, "subscribed")]


@pytest.mark.promise("G7", "S109")
async def test_an_erasure_leaves_no_trace_of_any_newsletter(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    other = await press.add_type("Birds")
    await press.subscribe(newsletterType=other)
    unlinked = update(SubscriptionRow).values(customer_id=None)
    await press.shop.container.units.write(lambda it: it.execute(unlinked))
    third = await press.add_type("Cats")
    await press.ask(newsletterType=third)  # its mail waits
    wish = {"email": EMAIL, "newsletterType": third}
    await press.shop.call("POST", "/newsletter-subscriptions", wish)

    await press.shop.call("DELETE", f"/customers/{ada.reference}", by=ada)
    await press.shop.container.newsletters.answer()

    assert await rows(press.shop, SubscriptionRow) == await rows(press.shop, RequestRow) == []
    left = [
        (table.name, column)
        for table, row in await every_row(press.shop)
        for column, value in row.items()
        if EMAIL in str(value).lower()
    ]
    assert left == [("mails", "recipient")]  # of the last mail


async def test_an_account_that_proved_nothing_takes_nothing_with_it(press):
    await press.subscribe()
    await press.shop.register()

    press.shop.clock.advance(days=31)
    await press.shop.container.retention.erase_unconfirmed()

    assert await press.states() == [(EMAIL, "subscribed")]


async def test_after_an_erasure_the_mailbox_can_subscribe_again(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    await press.shop.call("DELETE", f"/customers/{ada.reference}", by=ada)
    press.shop.clock.advance(hours=2)

    await press.subscribe()

    (row,) = await rows(press.shop, SubscriptionRow)
    assert (row.state, row.customer_id) == ("subscribed", None)


async def test_an_export_shows_the_proof_and_no_key(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    path = f"/customers/{ada.reference}/personal-data"

    answer = await press.shop.call("GET", path, by=ada)

    (shown,) = answer.json()["data"]["attributes"]["newsletterSubscriptions"]
    assert (shown["typeId"], shown["email"], shown["state"]) == ("News", EMAIL, "subscribed")
    (row,) = await rows(press.shop, SubscriptionRow)
    assert row.unsubscribe_key not in answer.text
    assert PASSWORD not in answer.text


async def test_mails_to_guests_are_told_apart_from_those_to_customers(press):
    await press.ask()
    ada = await press.shop.account("bob@shop.example")
    await press.ask_as(ada)

    guest, customer = [
        it for it in await rows(press.shop, MailRow) if it.template == "newsletter_confirmation"
    ]
    subscriptions = await rows(press.shop, SubscriptionRow)
    assert (guest.customer_id, guest.reference) == (None, subscriptions[0].uuid)
    assert customer.reference == ada.reference


async def test_the_shops_mailing_system_is_told_where_to_write_and_how_to_end_it(open_press):
    receivers = ScriptedReceivers()
    press = await open_press(receivers=receivers)
    url = "https://mailing.shop.example/events"
    attributes = {"name": "mailing", "url": url, "withPersonalData": True}
    await press.office.call("POST", "/event-subscriptions", attributes)
    await press.subscribe()
    await press.shop.container.event_worker.run_once()

    (event,) = receivers.taken[url]
    (row,) = await rows(press.shop, SubscriptionRow)
    assert event["data"] == {
        "subscriptionId": row.uuid,
        "newsletterType": press.news,
        "newsletterName": "News",
        "newsletter": {"email": EMAIL, "locale": "en_US", "unsubscribeKey": row.unsubscribe_key},
    }


async def test_what_was_asked_for_after_an_end_does_not_move_with_the_proof(press):
    ada = await press.shop.account()
    uuid = await subscribe_as(press, ada)
    path = f"/customers/{ada.reference}/newsletter-subscriptions/{uuid}"
    await press.shop.call("DELETE", path, by=ada)
    press.shop.clock.advance(hours=2)
    await press.ask_as(ada)
    key = await press.shop.mailed_key("newsletter/confirm")

    ada = await press.shop.move(ada, OTHER)

    assert await press.own(ada) == [("News", OTHER, "unsubscribed")]
    assert only_error(await press.confirm(key))[:2] == (422, "452")
