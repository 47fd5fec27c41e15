"""Newsletters in the back office, which sees no subscriptions."""

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.newsletter.models import TextRow
from customer_api.operators.scopes import Scope
from tests.newsletter.conftest import EMAIL, Press
from tests.shop import only_error
from tests.tables import rows

PATH = "/newsletter-types"
NEW = {"name": "News", "description": "All of it", "consentText": "Yes."}
NOT_FOUND = (404, "1270", "Newsletter type not found.")


async def create(office, **changes):
    answer = await office.call("POST", PATH, NEW | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


@pytest.fixture
async def press(office):
    made = Press(office)
    made.news = await made.add_type()
    return made


async def test_a_newsletter_is_added_read_and_listed(office):
    created = await create(office)
    await create(office, name="birds", description=None)
    read = await office.call("GET", f"{PATH}/{created['id']}")
    listed = await office.call("GET", PATH)

    now = "2026-03-14 09:26:53.589793"
    assert created["attributes"] == NEW | {"textVersion": 1, "createdAt": now, "updatedAt": now}
    assert read.json()["data"] == created
    assert [it["attributes"]["name"] for it in listed.json()["data"]] == ["birds", "News"]
    assert await office.trail(created["id"]) == [("newsletter_type.created", "")]


async def test_another_text_is_another_version_and_the_old_one_stays(office):
    created = await create(office)
    path = f"{PATH}/{created['id']}"
    first = await office.call("PATCH", path, {"consentText": "Yes, more.", "description": None})
    same = await office.call("PATCH", path, {"consentText": "Yes, more."})
    renamed = await office.call("PATCH", path, {"name": "NEWS"})

    versions = [it.json()["data"]["attributes"]["textVersion"] for it in (first, same, renamed)]
    assert versions == [2, 2, 2]
    assert first.json()["data"]["attributes"]["description"] is None
    assert renamed.json()["data"]["attributes"]["name"] == "NEWS"
    assert [(it.version, it.text) for it in await rows(office.shop, TextRow)] == [
        (1, "Yes."),
        (2, "Yes, more."),
    ]
    assert (await office.trail(created["id"]))[1:] == [
        ("newsletter_type.changed", "description,consentText"),
        ("newsletter_type.changed", "name"),
    ]


async def test_no_two_have_the_same_name(office):
    await create(office)
    other = await create(office, name="Birds")

    refused = [
        await office.call("POST", PATH, NEW | {"name": "NEWS"}),
        await office.call("PATCH", f"{PATH}/{other['id']}", {"name": "news"}),
    ]

    taken = (422, "1271", "Another newsletter type has this name.")
    assert {only_error(it) for it in refused} == {taken}


async def test_one_that_nobody_subscribed_to_can_go(office):
    created = await create(office)
    path = f"{PATH}/{created['id']}"

    removed = await office.call("DELETE", path)

    assert removed.status_code == 204
    assert only_error(await office.call("GET", path)) == NOT_FOUND
    assert await rows(office.shop, TextRow) == []
    assert (await office.trail(created["id"]))[1:] == [("newsletter_type.removed", "")]


@pytest.mark.parametrize("is_looked_at", [True, False])
async def test_one_that_somebody_asked_for_stays(press, is_looked_at):
    wish = {"email": EMAIL, "newsletterType": press.news}
    await press.shop.call("POST", "/newsletter-subscriptions", wish)
    if is_looked_at:
        await press.shop.container.newsletters.answer()

    refused = await press.office.call("DELETE", f"{PATH}/{press.news}")

    assert only_error(refused) == (409, "1272", "Somebody subscribed to this newsletter.")


async def test_bounces_end_subscriptions_and_nobody_learns_whose(press):
    await press.subscribe()
    ada = await press.shop.account("bob@shop.example")
    await press.ask_as(ada)
    await press.subscribe("stays@shop.example")
    client = await press.office.client(Scope.NEWSLETTER_WRITE)
    token = await press.office.client_token(client)

    answers = [
        await press.office.call("POST", "/newsletter-bounces", {"emails": emails}, token=token)
        for emails in ([EMAIL.upper(), "bob@shop.example"], ["unknown@shop.example"])
    ]

    assert {(it.status_code, it.content) for it in answers} == {(204, b"")}
    assert await press.states() == [
        (EMAIL, "bounced"),
        ("bob@shop.example", "bounced"),
        ("stays@shop.example", "subscribed"),
    ]
    assert [(type_, subject) for type_, subject, _ in await press.events()][2:] == [
        ("newsletter.unsubscribed", (await press.events())[0][1])
    ]
    assert await press.office.trail("") != []


async def test_a_mailbox_that_takes_no_mail_gets_none(press):
    await press.subscribe()
    await press.office.call("POST", "/newsletter-bounces", {"emails": [EMAIL]})
    before = await press.subjects()
    press.shop.clock.advance(hours=2)

    answer = await press.ask()

    assert answer.status_code == 202
    assert await press.subjects() == before


async def test_a_mailbox_that_was_proven_since_takes_mail_again(press):
    await press.subscribe()
    await press.office.call("POST", "/newsletter-bounces", {"emails": [EMAIL]})
    press.shop.clock.advance(hours=2)
    ada = await press.shop.account()
    before = await press.own(ada)

    await press.ask_as(ada)

    assert before == [("News", EMAIL, "unsubscribed")]
    assert await press.own(ada) == [("News", EMAIL, "pending")]


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"name": ""}, "name => This value should not be blank."),
        ({"consentText": None}, "consentText => This value should not be blank."),
        (
            {"name": "x" * 71},
            "name => This value is too long. It should have 70 characters or less.",
        ),
    ],
)
async def test_values_that_are_none(office, wrong, detail):
    assert only_error(await office.call("POST", PATH, NEW | wrong)) == (422, "1202", detail)


@pytest.mark.parametrize("emails", [[], [""], "ada@shop.example", ["x"] * 101])
async def test_reports_that_are_none(office, emails):
    answer = await office.call("POST", "/newsletter-bounces", {"emails": emails})

    assert only_error(answer)[:2] == (422, "1202")


@pytest.mark.parametrize(
    ("method", "attributes"), [("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)]
)
async def test_a_newsletter_that_is_none(office, method, attributes):
    assert only_error(await office.call(method, f"{PATH}/none", attributes)) == NOT_FOUND


async def test_mails_to_guests_name_no_customer(press):
    await press.subscribe()

    listed = (await press.office.call("GET", "/mails")).json()["data"]
    await press.office.call("GET", f"/mails/{listed[0]['id']}")

    assert {it["attributes"]["customerReference"] for it in listed} == {None}
    assert ("mail.read", "") in [
        (event.action, event.subject) for event in await rows(press.shop, AuditEventRow)
    ]
