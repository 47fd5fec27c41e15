import pytest

from customer_api.newsletter.models import SubscriptionRow
from customer_api.transfers.report import ImportSummary
from tests.tables import rows
from tests.transfers.conftest import exported
from tests.transfers.files import PASSWORD, customer
from tests.transfers.kinds import EXPORTS, add_newsletter, import_rows_of, subscription

NEEDED = {
    "newsletter_type": "NEWS",
    "email": "Person.1@shop.example",
    "state": "subscribed",
    "confirmed": "2020-06-24",
}


@pytest.fixture(autouse=True)
async def newsletter(shop):
    await add_newsletter(shop, texts=2)


async def stored(shop):
    return [(it.email, it.state) for it in await rows(shop, SubscriptionRow)]


async def ask(shop, email):
    (newsletter,) = await shop.container.newsletters.types()
    wish = {"email": email, "newsletterType": newsletter.uuid}
    await shop.call("POST", "/newsletter-subscriptions", wish)
    await shop.container.newsletters.answer()


async def reasons(shop, *file):
    _, refusals = await import_rows_of(shop, "subscriptions", *file)
    return [it.reason for it in refusals]


async def test_what_the_file_does_not_say_is_the_shops(shop):
    summary, _ = await import_rows_of(shop, "subscriptions", NEEDED)
    again, _ = await import_rows_of(shop, "subscriptions", NEEDED)

    (row,) = await rows(shop, SubscriptionRow)
    assert (summary, again) == (ImportSummary(created=1), ImportSummary(unchanged=1))
    assert (row.locale, row.channel, row.text_version) == ("en_US", "import", 2)
    assert row.asked_at == row.confirmed_at
    assert (row.customer_id, row.ended_at, row.key_digest) == (None, None, None)
    assert (len(row.uuid), len(row.unsubscribe_key)) == (36, 43)


async def test_an_end_without_a_time_is_now(shop):
    ended = {**NEEDED, "state": "bounced", "confirmed": ""}
    await import_rows_of(shop, "subscriptions", ended)
    shop.clock.advance(days=1)

    again, _ = await import_rows_of(shop, "subscriptions", ended)

    (row,) = await rows(shop, SubscriptionRow)
    assert again == ImportSummary(unchanged=1)
    assert (row.asked_at, row.confirmed_at) == (row.ended_at, None)
    assert (shop.clock.now() - row.ended_at).days == 1


async def test_a_file_ends_subscriptions(shop):
    await import_rows_of(shop, "subscriptions", subscription(1), subscription(2))
    ended = subscription(1, email="PERSON.1@shop.example", state="unsubscribed", ended="2021-01-01")

    summary, _ = await import_rows_of(shop, "subscriptions", ended, subscription(2))

    assert summary == ImportSummary(updated=1, unchanged=1)
    assert await stored(shop) == [
        ("PERSON.1@shop.example", "unsubscribed"),
        ("person.2@shop.example", "subscribed"),
    ]


async def test_what_was_asked_for_after_an_end_is_void_when_a_file_says_otherwise(shop):
    ended = subscription(1, state="unsubscribed", ended="2021-01-01")
    await import_rows_of(shop, "subscriptions", ended)
    await ask(shop, "person.1@shop.example")
    (asked,) = await rows(shop, SubscriptionRow)

    await import_rows_of(shop, "subscriptions", ended | {"channel": "fair"})

    (row,) = await rows(shop, SubscriptionRow)
    assert asked.wish["channel"] == "storefront"
    assert (row.wish, row.key_digest, row.channel) == (None, None, "fair")


@pytest.mark.parametrize("state", ["unsubscribed", "bounced"])
async def test_no_file_begins_what_has_ended_here(shop, state):
    await import_rows_of(shop, "subscriptions", subscription(1, state=state))

    found = await reasons(shop, subscription(1))

    assert found == ["it has ended here, and only the mailbox begins it again"]
    assert await stored(shop) == [("person.1@shop.example", state)]


async def test_a_proof_from_elsewhere_answers_what_the_mailbox_was_asked(shop):
    await ask(shop, "person.1@shop.example")
    key = await shop.mailed_key("newsletter/confirm")
    refused = await reasons(shop, subscription(1, confirmed=""))
    summary, _ = await import_rows_of(shop, "subscriptions", subscription(1))

    assert refused == ["nobody is subscribed without the time of the confirmation"]
    assert summary == ImportSummary(updated=1)
    assert await stored(shop) == [("person.1@shop.example", "subscribed")]
    late = await shop.call("POST", "/newsletter-confirmation", {"key": key})
    assert late.status_code == 422


async def test_a_customers_subscription_stays_theirs(shop, import_rows):
    await import_rows(customer(1), customer(2))
    await import_rows_of(shop, "subscriptions", subscription(1), subscription(2))

    given, _ = await import_rows_of(shop, "subscriptions", subscription(1, "DE--1"))
    kept, _ = await import_rows_of(shop, "subscriptions", subscription(1))
    others = await reasons(shop, subscription(1, "DE--2"))

    assert (given, kept) == (ImportSummary(updated=1), ImportSummary(unchanged=1))
    assert others == ["it is another customer's"]


async def test_rows_that_cannot_be_true_are_refused(shop):
    found = await reasons(
        shop,
        subscription(1, newsletter_type="Cats"),
        subscription(2, text_version="3"),
        subscription(3, text_version="0"),
        subscription(4, confirmed=""),
        subscription(5, ended="2021-01-01"),
    )

    assert found == [
        "no newsletter has this name",
        "the newsletter has no such text",
        "the newsletter has no such text",
        "nobody is subscribed without the time of the confirmation",
        "who is subscribed has no end",
    ]


async def test_subscriptions_with_bad_cells_are_refused(shop):
    found = await reasons(
        shop,
        subscription(1, newsletter_type=""),
        subscription(2, email="nobody"),
        subscription(3, state=""),
        subscription(4, state="pending"),
        subscription(5, text_version="one"),
        subscription(6, confirmed="2999-01-01"),
    )

    assert found == [
        "newsletter_type: must not be empty",
        "email: not an e-mail address",
        "state: must be one of subscribed, unsubscribed, bounced",
        "state: must be empty or one of subscribed, unsubscribed, bounced",
        "text_version: not a number of a text",
        "confirmed: in the future",
    ]


async def test_what_waits_for_its_mailbox_is_in_no_file(shop):
    await ask(shop, "person.1@shop.example")

    content = (await exported(shop, EXPORTS["subscriptions"])).decode()

    assert content.count("\n") == 1


async def test_subscriptions_of_anonymized_customers_are_in_no_file(shop, import_rows):
    await import_rows(customer(1))
    await import_rows_of(shop, "subscriptions", subscription(1, "DE--1"), subscription(2))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.call("DELETE", "/customers/DE--1", by=account)

    content = (await exported(shop, EXPORTS["subscriptions"])).decode()

    assert "person.1@" not in content
    assert "person.2@" in content


async def test_links_of_mails_that_were_sent_before_still_end_a_subscription(shop):
    await import_rows_of(shop, "subscriptions", subscription(1))

    answer = await shop.call("POST", "/newsletter-unsubscription", {"key": f"-{1:042}"})

    assert answer.status_code == 204
    assert await stored(shop) == [("person.1@shop.example", "unsubscribed")]


async def test_a_subscription_that_is_here_keeps_its_key(shop):
    await import_rows_of(shop, "subscriptions", subscription(1))

    summary, _ = await import_rows_of(
        shop, "subscriptions", subscription(1, unsubscribe_key="x" * 43)
    )

    (row,) = await rows(shop, SubscriptionRow)
    assert (summary, row.unsubscribe_key) == (ImportSummary(unchanged=1), f"-{1:042}")


async def test_no_two_subscriptions_have_the_same_key(shop):
    await import_rows_of(shop, "subscriptions", subscription(1))
    copies = [subscription(number, unsubscribe_key=f"-{1:042}") for number in (2, 3)]
    twins = [subscription(number, unsubscribe_key="x" * 43) for number in (4, 5)]

    found = await reasons(shop, *copies, *twins)

    assert found == ["another subscription has the same unsubscribe_key"] * 3
    assert len(await stored(shop)) == 2


async def test_a_key_that_is_none_is_refused(shop):
    (reason,) = await reasons(shop, subscription(1, unsubscribe_key="short"))

    assert reason == "unsubscribe_key: not a key: 43 characters of base64url"


async def test_a_text_that_is_no_number_is_refused(shop):
    (reason,) = await reasons(shop, subscription(1, text_version="first"))

    assert reason == "text_version: not a number of a text"
