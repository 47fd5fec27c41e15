"""`/mails`: how far mails are, without what is in them, and another try for parked ones."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from customer_api.audit.models import AuditEventRow
from customer_api.customers.models import CustomerRow
from customer_api.mail.message import PASSWORD_CHANGED, PASSWORD_RESTORE, WELCOME, Mail
from customer_api.mail.models import PARKED, MailRow
from customer_api.mail.outbox import Outbox
from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import BASE
from tests.shop import only_error
from tests.tables import rows

INVALID = (400, "1203", "Sort, filter, page or count is not valid.")
NOT_FOUND = (404, "1260", "Mail not found.")
NOT_RETRIABLE = (409, "1236", "The mail is not parked, or its content was wiped.")
EMAIL = "ada@customer.example"
SECRET = "key-of-a-link"


@pytest.fixture
def outbox(office):
    return Outbox(clock=office.shop.clock, sender="shop@shop.example")


async def id_of_customer(office, reference):
    """Add the customer if need be."""
    now = office.shop.clock.now()
    known = {it.reference: it.id for it in await rows(office.shop, CustomerRow)}
    if reference not in known:
        values = {
            "reference": reference,
            "email": f"{reference}@shop.example",
            "email_key": f"{reference}@shop.example".lower(),
            "first_name_key": "",
            "last_name_key": "",
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        added = insert(CustomerRow).values(values)
        await office.shop.container.units.write(lambda it: it.execute(added))
        return await id_of_customer(office, reference)
    return known[reference]


@pytest.fixture
def put(office, outbox):
    """Queue a mail, a minute after the one before, and return its id on the wire."""

    async def put_one(template=WELCOME, reference="DE--1", **options):
        office.shop.clock.advance(minutes=1)
        variables = {"first_name": "Ada", "last_name": "Example", "link": SECRET, "hours": "1"}
        customer_id = await id_of_customer(office, reference)
        mail = Mail(template, EMAIL, "en_US", reference, customer_id, variables)
        await office.shop.container.units.write(lambda it: outbox.put(it, mail, **options))
        return uuid_of((await rows(office.shop, MailRow))[-1])

    return put_one


@pytest.fixture
def park(office, outbox):
    """Claim all mails that wait and give them up."""

    async def park_all(error="mailbox_full"):
        def work(connection):
            for claimed in outbox.claim(connection, limit=10, lease=timedelta(minutes=2)):
                assert outbox.mark_parked(connection, claimed, error=error)

        await office.shop.container.units.write(work)

    return park_all


def uuid_of(row):
    return row.message_id[1:37]


def bearer(office, token=None, **headers):
    return {"Authorization": f"Bearer {token or office.token}", **headers}


async def get(office, query="", **options):
    answer = await office.call("GET", f"/mails{query}", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(office, query):
    return [it["id"] for it in (await get(office, query))["data"]]


async def trail(office):
    """Return actor, action, subject and fields of the events about mails."""
    return [
        (it.actor_kind, it.action, it.subject, it.fields)
        for it in await rows(office.shop, AuditEventRow)
        if it.action.startswith("mail.")
    ]


async def retry(office, uuid, *, token=None, **headers):
    url = f"{BASE}/mails/{uuid}/retries"
    return await office.shop.client.post(url, headers=bearer(office, token, **headers))


async def test_a_waiting_mail_tells_its_progress(office, put):
    uuid = await put()

    listed = await get(office)
    read = await office.call("GET", f"/mails/{uuid}")

    (mail,) = listed["data"]
    assert read.json()["data"] == mail
    assert mail["id"] == uuid
    assert mail["links"]["self"] == f"{BASE}/mails/{uuid}"
    assert mail["attributes"] == {
        "template": "welcome",
        "customerReference": "DE--1",
        "state": "waiting",
        "canBeRetried": False,
        "tries": 0,
        "lastError": None,
        "createdAt": "2026-03-14 09:27:53.589793",
        "nextTryAt": "2026-03-14 09:27:53.589793",
        "sentAt": None,
    }


async def test_a_sent_mail_tells_when(office):
    await office.shop.account()
    await office.shop.mails()

    mail = (await get(office))["data"][-1]["attributes"]

    assert (mail["state"], mail["tries"], mail["canBeRetried"]) == ("sent", 1, False)
    assert mail["sentAt"] == "2026-03-14 09:26:53.589793"
    assert mail["nextTryAt"] is None


async def test_a_parked_mail_tells_why(office, put, park):
    await put()
    await park()

    mail = (await get(office))["data"][0]["attributes"]

    assert (mail["state"], mail["tries"], mail["canBeRetried"]) == ("parked", 1, True)
    assert mail["lastError"] == "mailbox_full"
    assert mail["nextTryAt"] is None


async def test_neither_addresses_nor_texts_are_shown(office, put):
    uuid = await put()

    texts = [(await office.call("GET", path)).text for path in ("/mails", f"/mails/{uuid}")]

    for shown in texts:
        assert EMAIL not in shown
        assert SECRET not in shown
        assert "shop.example>" not in shown


@pytest.mark.parametrize("size", [1, 2, 3, 5])
async def test_pages_follow_each_other_in_both_directions(office, put, size):
    newest = [await put() for _ in range(5)][::-1]
    url, seen, last = f"{BASE}/mails?filter[state]=waiting&page[size]={size}", [], None
    while url:
        last = (await office.shop.client.get(url, headers=bearer(office))).json()
        seen += [it["id"] for it in last["data"]]
        url = last["links"].get("next")

    back, url = [], last["links"].get("prev")
    while url:
        page = (await office.shop.client.get(url, headers=bearer(office))).json()
        back = [it["id"] for it in page["data"]] + back
        url = page["links"].get("prev")

    assert seen == newest
    assert back == newest[: 5 - len(last["data"])]


async def test_mails_are_filtered(office, put, park):
    parked = await put(WELCOME, "DE--1")
    parked_too = await put(PASSWORD_CHANGED, "DE--2")
    await park()
    waiting = await put(WELCOME, "DE--1")
    waiting_too = await put(PASSWORD_CHANGED, "DE--1")

    found = {
        query: await ids(office, f"?{query}")
        for query in (
            "filter[mails.state]=parked",
            "filter[state]=sent",
            "filter[template]=welcome",
            "filter[template]=nothing",
            "filter[customerReference]=DE--1",
            "filter[customerReference]=DE--1&filter[state]=parked",
            "filter[customerReference]=DE--1&filter[template]=password_changed&filter[state]=waiting",
            "filter[state]=parked&filter[template]=password_changed",
            "filter[state]=sent&filter[template]=welcome",
        )
    }

    assert list(found.values()) == [
        [parked_too, parked],
        [],
        [waiting, parked],
        [],
        [waiting_too, waiting, parked],
        [parked],
        [waiting_too],
        [parked_too],
        [],
    ]


async def test_each_look_is_an_event(office, put):
    uuid = await put()

    await get(office)
    await get(office, "?filter[state]=waiting&filter[template]=welcome&made=up")
    await get(office, "?filter[customerReference]=DE--1")
    await office.call("GET", f"/mails/{uuid}")

    assert await trail(office) == [
        ("operator", "mail.listed", "", ""),
        ("operator", "mail.listed", "", "state,template"),
        ("operator", "mail.listed", "DE--1", "customerReference"),
        ("operator", "mail.read", "DE--1", ""),
    ]


@pytest.mark.parametrize("typed", [EMAIL, "x" * 65])
async def test_a_reference_that_no_mail_has_is_not_taken_into_the_trail(office, put, typed):
    await put()

    answer = await get(office, f"?filter[customerReference]={typed}")

    assert answer["data"] == []
    assert await trail(office) == [("operator", "mail.listed", "", "customerReference")]


@pytest.mark.parametrize("path", ["/mails", "/mails/{uuid}"])
async def test_what_nobody_could_know_of_is_not_shown(office, put, monkeypatch, path):
    uuid = await put()

    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("customer_api.audit.repository.add", fail)
    answer = await office.call("GET", path.replace("{uuid}", uuid))

    assert answer.status_code == 500
    assert uuid not in answer.text


async def test_a_parked_mail_is_tried_again(office, put, park):
    uuid = await put()
    await park()
    office.shop.clock.advance(minutes=30)

    answer = await retry(office, uuid)

    (waiting,) = await rows(office.shop, MailRow)
    assert (answer.status_code, answer.content) == (202, b"")
    assert (waiting.state, waiting.tries, waiting.last_error) == ("waiting", 0, "mailbox_full")
    assert waiting.next_try_at == office.shop.clock.now()
    (sent,) = await office.shop.mails()
    assert sent["To"] == EMAIL
    assert await trail(office) == [("operator", "mail.retried", "DE--1", "")]


async def test_a_retry_that_comes_twice_is_one(office, put, park):
    uuid = await put()
    await park()

    answers = [await retry(office, uuid, **{"Idempotency-Key": "once"}) for _ in range(2)]
    again = await retry(office, uuid)

    assert [it.status_code for it in answers] == [202, 202]
    assert only_error(again) == NOT_RETRIABLE
    assert len(await trail(office)) == 1


async def test_a_key_of_another_form_is_none(office, put, park):
    uuid = await put()
    await park()

    answer = await retry(office, uuid, **{"Idempotency-Key": "not one"})

    assert only_error(answer) == (400, None, "Idempotency-Key header value is invalid.")
    assert (await rows(office.shop, MailRow))[0].state == PARKED


async def test_a_mail_that_waits_or_is_sent_is_not_tried_again(office, put):
    uuid = await put()
    waiting = await retry(office, uuid)
    await office.shop.mails()
    sent = await retry(office, uuid)

    assert [only_error(it) for it in (waiting, sent)] == [NOT_RETRIABLE] * 2
    assert await trail(office) == []


async def test_a_mail_with_a_key_was_wiped_when_it_was_parked(office, put, park):
    uuid = await put(PASSWORD_RESTORE, expires_after=timedelta(hours=1))
    await park()

    answer = await retry(office, uuid)

    assert only_error(answer) == NOT_RETRIABLE
    mail = (await office.call("GET", f"/mails/{uuid}")).json()["data"]["attributes"]
    assert (mail["state"], mail["canBeRetried"]) == ("parked", False)


async def test_a_mail_of_an_erased_customer_is_not_tried_again(office, put, park):
    ada = await office.shop.account()
    await office.shop.mails()
    uuid = await put(reference=ada.reference)
    await park()
    (customer,) = {it.customer_id for it in await rows(office.shop, MailRow)} - {None}
    of_ada = update(MailRow).where(MailRow.state == PARKED).values(customer_id=customer)
    await office.shop.container.units.write(lambda it: it.execute(of_ada))
    erased = await office.shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    answer = await retry(office, uuid)

    assert erased.status_code == 204
    assert only_error(answer) == NOT_RETRIABLE


async def test_only_who_may_does(office, put, park):
    uuid = await put()
    await park()
    reader = await office.client_token(await office.client(Scope.OUTBOX_READ))
    writer = await office.client_token(await office.client(Scope.CUSTOMERS_WRITE))
    await office.operator("vi@shop.example", Role.VIEWER)
    viewer = await office.token_of("vi@shop.example")

    paths = ("/mails", f"/mails/{uuid}")
    refused = [
        await office.call("GET", path, token=it) for path in paths for it in (writer, viewer)
    ]
    refused += [await retry(office, uuid, token=it) for it in (reader, viewer)]
    allowed = [await office.call("GET", path, token=reader) for path in paths]
    allowed.append(await retry(office, uuid, token=writer))

    assert [only_error(it)[:2] for it in refused] == [(403, "1240")] * 6
    assert [it.status_code for it in allowed] == [200, 200, 202]
    assert {kind for kind, *_ in await trail(office)} == {"client"}


async def test_an_unknown_mail_is_not_found(office):
    answers = [await office.call("GET", "/mails/unknown"), await retry(office, "unknown")]

    assert [only_error(it) for it in answers] == [NOT_FOUND] * 2
    assert await trail(office) == []


@pytest.mark.parametrize(
    "query",
    [
        "filter[state]=eaten",
        "filter[recipient]=ada@customer.example",
        "filter[template]=",
        "page[size]=x",
        "page[after]=cXVldWVkTGFzdDpub2JvZHk",
        "page[before]=cXVldWVkTGFzdDpub2JvZHk",
        "page[after]=bmV3ZXN0Om5vYm9keQ",
    ],
)
async def test_what_the_list_does_not_have_is_refused(office, query):
    assert only_error(await office.call("GET", f"/mails?{query}")) == INVALID
    assert await trail(office) == []
