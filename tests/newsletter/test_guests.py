"""What guests ask for takes the mailbox's word, and nobody learns who is subscribed."""

import asyncio

import pytest

from customer_api.newsletter import service as module
from customer_api.newsletter.models import RequestRow, SubscriptionRow
from tests.newsletter.conftest import CONSENT, EMAIL, PUBLIC_URL, links_of
from tests.recorded import recorded
from tests.shop import PASSWORD, mail_text, only_error
from tests.tables import every_row, rows

CONFIRM = "Please confirm that you want our newsletter"
WELCOME = "You have subscribed to our newsletter"


@pytest.mark.contract("news-2", "news-4", "mail-15", "mail-16")
async def test_a_mailbox_is_subscribed_when_it_says_so_itself(press):
    answer = await press.ask(channel="footer")
    asked = await press.states()
    mail = (await press.shop.mails())[-1]
    press.shop.clock.advance(hours=1)
    confirmed = await press.confirm(await press.shop.mailed_key("newsletter/confirm"))

    assert (answer.status_code, answer.content) == (202, b"")
    assert asked == [(EMAIL, "pending")]
    assert (mail["To"], mail["Subject"]) == (EMAIL, CONFIRM)
    assert CONSENT in mail_text(mail)
    assert "for 48 hours and" in mail_text(mail)
    assert confirmed.status_code == 204
    (row,) = await rows(press.shop, SubscriptionRow)
    assert (row.state, row.channel, row.text_version, row.locale) == (
        "subscribed",
        "footer",
        1,
        "en_US",
    )
    assert (row.confirmed_at - row.asked_at).total_seconds() == 3600
    assert (row.key_digest, row.customer_id) == (None, None)
    assert await press.subjects() == [(EMAIL, CONFIRM), (EMAIL, WELCOME)]
    data = {"subscriptionId": row.uuid, "newsletterType": press.news, "newsletterName": "News"}
    assert await press.events() == [("newsletter.subscribed", row.uuid, data)]


@pytest.mark.contract("news-2")
@pytest.mark.promise("S19")
async def test_no_answer_tells_whether_an_address_is_subscribed(press):
    await press.subscribe("known@shop.example")
    await press.subscribe("ended@shop.example")
    await press.one_click(await press.unsubscribe_url())
    await press.ask("pending@shop.example")

    answers = [
        await press.ask(f"{name}@shop.example") for name in ("known", "ended", "pending", "new")
    ]

    assert len({(it.status_code, it.content, tuple(it.headers)) for it in answers}) == 1


async def test_nobody_looks_at_the_address_before_the_answer(press):
    wish = {"email": EMAIL, "newsletterType": press.news}
    await press.shop.call("POST", "/newsletter-subscriptions", wish)

    assert await press.states() == []
    assert [it.email for it in await rows(press.shop, RequestRow)] == [EMAIL]
    assert await press.shop.container.newsletters.answer() == 1
    assert await rows(press.shop, RequestRow) == []


@pytest.mark.contract("news-4")
async def test_a_key_works_once_and_for_its_time(press):
    await press.ask()
    first = await press.shop.mailed_key("newsletter/confirm")
    await press.ask()
    second = await press.shop.mailed_key("newsletter/confirm")
    press.shop.clock.advance(hours=48)
    late = await press.confirm(second)
    await press.ask()
    third = await press.shop.mailed_key("newsletter/confirm")
    answers = [await press.confirm(key) for key in (first, third, third, "unknown")]

    refused = (422, "452", "Newsletter key is not valid.")
    assert only_error(late) == only_error(answers[0]) == refused
    assert answers[1].status_code == 204
    assert only_error(answers[2]) == only_error(answers[3]) == refused


async def test_a_subscribed_mailbox_gets_no_more_mail_for_asking(press):
    await press.subscribe()
    before = await press.subjects()

    await press.ask("ADA@shop.example")

    assert await press.subjects() == before
    assert await press.states() == [(EMAIL, "subscribed")]


@pytest.mark.promise("S52")
async def test_a_mailbox_gets_a_few_mails_an_hour(press):
    for _ in range(5):
        await press.ask()

    assert len(await press.subjects()) == 3


async def test_after_its_end_a_subscription_takes_the_mailboxs_word_again(press):
    await press.subscribe()
    await press.one_click(await press.unsubscribe_url())
    press.shop.clock.advance(hours=2)

    await press.ask(channel="checkout")
    asked = await press.states()
    await press.confirm(await press.shop.mailed_key("newsletter/confirm"))

    assert asked == [(EMAIL, "unsubscribed")]
    (row,) = await rows(press.shop, SubscriptionRow)
    assert (row.state, row.channel, row.ended_at) == ("subscribed", "checkout", None)
    assert (row.confirmed_at - row.asked_at).total_seconds() == 0
    assert (row.wish, row.key_digest) == (None, None)


async def test_whoever_asks_after_the_end_leaves_the_proof_of_before(press):
    await press.subscribe(channel="footer")
    await press.one_click(await press.unsubscribe_url())
    (before,) = await rows(press.shop, SubscriptionRow)
    press.shop.clock.advance(hours=2)
    await press.ask("ADA@shop.example", channel="elsewhere")
    (asked,) = await rows(press.shop, SubscriptionRow)
    press.shop.clock.advance(days=5)
    retention = press.shop.container.retention

    assert await retention.expire_subscriptions() == 1
    assert await retention.expire_subscriptions() == 0

    (after,) = await rows(press.shop, SubscriptionRow)
    assert asked.wish["channel"] == "elsewhere"
    assert (asked.state, asked.channel, asked.asked_at) == (
        "unsubscribed",
        "footer",
        before.asked_at,
    )
    assert after == before


async def test_an_end_voids_what_was_asked_for_since(press):
    await press.subscribe()
    url = await press.unsubscribe_url()
    await press.one_click(url)
    press.shop.clock.advance(hours=2)
    await press.ask()
    key = await press.shop.mailed_key("newsletter/confirm")

    await press.one_click(url)

    assert only_error(await press.confirm(key))[:2] == (422, "452")


@pytest.mark.contract("news-5")
@pytest.mark.parametrize("is_from_page", [True, False])
async def test_one_click_ends_it(press, is_from_page):
    await press.subscribe()
    url = await press.unsubscribe_url()
    key = await press.shop.mailed_key("newsletter/unsubscribe")
    assert url == f"https://api.shop.example/v1/newsletter-unsubscription?key={key}"

    if is_from_page:
        answer = await press.shop.call("POST", "/newsletter-unsubscription", {"key": key})
    else:
        answer = await press.one_click(url)
    again = await press.one_click(url)

    assert (answer.status_code, again.status_code, answer.content) == (204, 204, b"")
    assert await press.states() == [(EMAIL, "unsubscribed")]
    assert [type_ for type_, _, _ in await press.events()] == [
        "newsletter.subscribed",
        "newsletter.unsubscribed",
    ]


@pytest.mark.contract("mail-16")
async def test_the_headers_of_the_welcome_are_those_of_one_click(press):
    await press.subscribe()

    confirmation, welcome = await press.shop.mails()
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in confirmation


async def test_without_a_public_url_the_welcome_has_a_link_alone(open_press):
    press = await open_press()
    await press.subscribe()

    welcome = (await press.shop.mails())[-1]
    assert "List-Unsubscribe" not in welcome
    assert "/newsletter/unsubscribe?token=" in mail_text(welcome)


async def test_the_form_of_mail_programs_comes_in_two_encodings(press):
    await press.subscribe()
    form = (
        '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--'
    )

    assert (await press.one_click(await press.unsubscribe_url(), form)).status_code == 204
    assert await press.states() == [(EMAIL, "unsubscribed")]


@pytest.mark.contract("news-5")
@pytest.mark.parametrize("content", ["", "{}", "List-Unsubscribe=No", "x" * 70_000])
async def test_another_body_ends_nothing(press, content):
    await press.subscribe()

    answer = await press.one_click(await press.unsubscribe_url(), content)

    assert answer.status_code in {400, 413}
    assert await press.states() == [(EMAIL, "subscribed")]


async def test_mail_providers_end_it_for_any_number_of_people(open_press):
    press = await open_press(public_url=PUBLIC_URL, client_key_limit=1)
    await press.subscribe()
    url = await press.unsubscribe_url()

    answers = [await press.one_click(it) for it in (f"{url}x", f"{url}y", url)]

    assert {it.status_code for it in answers} == {204}
    assert await press.states() == [(EMAIL, "unsubscribed")]


async def test_a_key_that_does_not_confirm_is_a_security_event(press, caplog):
    await press.confirm("unknown")

    assert ("key_refused", {"code": "452"}) in recorded(caplog)


@pytest.mark.contract("news-5")
async def test_an_unknown_key_is_answered_as_a_good_one(press):
    url = "/v1/newsletter-unsubscription?key="
    answers = [
        await press.one_click(f"{url}unknown"),
        await press.shop.call("POST", "/newsletter-unsubscription", {"key": "unknown"}),
    ]
    blank = await press.one_click(url)

    assert {it.status_code for it in answers} == {204}
    assert only_error(blank)[0] == 422


@pytest.mark.contract("news-6")
async def test_a_program_that_opens_every_link_changes_nothing(press):
    """Scanners of mails follow links by GET and HEAD."""
    await press.ask()
    await press.shop.mails()
    before = await press.states()
    await scan(press)
    pending = await press.states()
    await press.confirm(await press.shop.mailed_key("newsletter/confirm"))
    await press.shop.mails()
    await scan(press)

    assert before == pending == [(EMAIL, "pending")]
    assert await press.states() == [(EMAIL, "subscribed")]
    assert len(await press.events()) == 1


async def scan(press):
    """Open every link of every mail, at the API's host instead of the storefront's, too."""
    before = {table.name: row for table, row in await every_row(press.shop)}
    urls = {url for mail in await press.shop.mails() for url in links_of(mail)}
    assert urls
    for url in urls:
        path = url.partition("//")[2].partition("/")[2]
        for method in ("GET", "HEAD"):
            for target in (f"http://api.shop.example/{path}", f"http://api.shop.example/v1/{path}"):
                answer = await press.shop.client.request(method, target)
                assert answer.status_code in {404, 405}
    after = {table.name: row for table, row in await every_row(press.shop)}
    assert after["newsletter_subscriptions"] == before["newsletter_subscriptions"]


@pytest.mark.contract("news-1")
async def test_the_newsletters_are_there_for_everybody(press):
    await press.add_type("Birds", description="About birds")

    answer = await press.shop.call("GET", "/newsletter-types")

    found = [(it["id"], it["attributes"]) for it in answer.json()["data"]]
    assert [attributes["name"] for _, attributes in found] == ["Birds", "News"]
    assert found[1] == (
        press.news,
        {"name": "News", "description": None, "consentText": CONSENT, "textVersion": 1},
    )


@pytest.mark.contract("news-1", "link-1", "link-2")
async def test_a_newsletter_is_found_by_its_link(press):
    listed = await press.shop.call("GET", "/newsletter-types")
    (named,) = listed.json()["data"]

    answer = await press.shop.client.get(named["links"]["self"] + "?x=1")
    unknown = await press.shop.call("GET", "/newsletter-types/none")

    named["links"]["self"] += "?x=1"
    assert answer.json() == {"data": named}
    assert only_error(unknown) == (404, "450", "Newsletter type not found.")


@pytest.mark.contract("news-2", "news-3")
async def test_the_consent_is_to_the_text_that_was_shown(press):
    await press.office.call(
        "PATCH", f"/newsletter-types/{press.news}", {"consentText": "Yes, and more."}
    )

    await press.ask("old@shop.example", textVersion=1)
    await press.ask("new@shop.example")
    unknown = await press.ask("none@shop.example", textVersion=3)

    old, new = await press.shop.mails()
    assert CONSENT in mail_text(old)
    assert "Yes, and more." in mail_text(new)
    versions = {it.email: it.text_version for it in await rows(press.shop, SubscriptionRow)}
    assert versions == {"old@shop.example": 1, "new@shop.example": 2}
    assert only_error(unknown) == (422, "451", "The newsletter has no such text version.")


@pytest.mark.contract("news-3")
@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"newsletterType": "none"}, (404, "450", "Newsletter type not found.")),
        ({"email": "ada"}, (422, "901", "email => This value is not a valid email address.")),
        (
            {"newsletterType": None},
            (422, "901", "newsletterType => This field is missing."),
        ),
        (
            {"textVersion": "1"},
            (422, "901", "textVersion => This value should be of type integer."),
        ),
        (
            {"channel": "x" * 51},
            (
                422,
                "901",
                "channel => This value is too long. It should have 50 characters or less.",
            ),
        ),
    ],
)
async def test_wishes_that_are_none(press, wrong, expected):
    answer = await press.ask(**({"email": EMAIL} | wrong))

    status, code, detail = expected
    errors = answer.json()["errors"]
    assert (answer.status_code, errors[0].get("code")) == (status, code)
    assert detail in {error["detail"] for error in errors}
    assert await press.states() == []


async def test_the_mail_is_in_the_language_that_was_asked_in(press):
    wish = {"email": EMAIL, "newsletterType": press.news}
    headers = {"Accept-Language": "de"}
    await press.shop.call("POST", "/newsletter-subscriptions", wish, headers=headers)
    await press.shop.container.newsletters.answer()

    (mail,) = await press.shop.mails()
    assert mail["Subject"] == "Bitte bestätigen Sie, dass Sie unseren Newsletter wünschen"


async def test_a_client_asks_only_so_often(open_press):
    press = await open_press(client_newsletter_request_limit=1)

    answers = [await press.ask(f"{name}@shop.example") for name in "ab"]

    assert answers[0].status_code == 202
    assert only_error(answers[1])[:2] == (429, "5901")


async def test_what_was_not_confirmed_is_forgotten(press):
    await press.ask()
    retention = press.shop.container.retention

    press.shop.clock.advance(hours=72)
    assert await retention.expire_subscriptions() == 0
    press.shop.clock.advance(seconds=1)
    assert await retention.expire_subscriptions() == 1
    assert await press.states() == []


async def test_the_proof_of_an_ended_subscription_is_kept_three_years(press):
    await press.subscribe()
    await press.subscribe("stays@shop.example")
    await press.one_click(await press.unsubscribe_url())
    retention = press.shop.container.retention

    press.shop.clock.advance(days=1095)
    assert await retention.purge_subscriptions() == 0
    press.shop.clock.advance(seconds=1)
    assert await retention.purge_subscriptions() == 1
    assert await press.states() == [(EMAIL, "subscribed")]


async def test_a_failing_request_does_not_end_the_worker(press, monkeypatch, caplog):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.01)
    wish = {"email": EMAIL, "newsletterType": press.news}
    await press.shop.call("POST", "/newsletter-subscriptions", wish)
    newsletters = press.shop.container.newsletters
    errors = [RuntimeError(PASSWORD), module.DatabaseUnavailable()]
    answer = newsletters.answer

    async def fail_first():
        if errors:
            raise errors.pop()
        return await answer()

    monkeypatch.setattr(type(newsletters), "answer", lambda _self: fail_first())
    stop = asyncio.Event()
    working = asyncio.create_task(newsletters.run(stop))
    async with asyncio.timeout(10):
        while not await press.states():  # noqa: ASYNC110 - a row has no event
            await asyncio.sleep(0.01)
    stop.set()
    await working

    assert [it.msg for it in caplog.records if it.levelname == "ERROR"] == [
        "newsletter_requests_failed"
    ]
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("has_ended", [True, False])
async def test_a_mailbox_that_takes_no_mail_gets_none_of_any_newsletter(press, has_ended):
    other = await press.add_type("Other")
    await press.subscribe()
    if has_ended:
        await press.one_click(await press.unsubscribe_url())
    await press.office.call("POST", "/newsletter-bounces", {"emails": [EMAIL]})
    before = await press.subjects()
    press.shop.clock.advance(hours=2)

    await press.ask()
    await press.ask(newsletterType=other)

    assert await press.subjects() == before
    assert await press.states() == [(EMAIL, "bounced"), (EMAIL, "pending")]


async def test_a_wish_that_got_no_mail_is_forgotten_too(press):
    await press.subscribe()
    await press.office.call("POST", "/newsletter-bounces", {"emails": [EMAIL]})
    await press.ask(newsletterType=await press.add_type("More"))

    press.shop.clock.advance(days=4)

    assert await press.shop.container.retention.expire_subscriptions() == 1
    assert await press.states() == [(EMAIL, "bounced")]
