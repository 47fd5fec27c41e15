import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from passlib.hash import bcrypt

from customer_api.audit.models import AuditEventRow
from customer_api.audit.verification import verify
from customer_api.core.errors import DatabaseUnavailable
from customer_api.credentials.keys import MailedKeys
from customer_api.credentials.mails import KeyLink, KeyMails
from customer_api.credentials.models import CredentialRow, Purpose
from customer_api.customers.models import CustomerRow
from customer_api.mail.models import MailRow
from customer_api.mail.outbox import Outbox
from customer_api.passwords import mailings
from customer_api.passwords.audience import Audience, MailingKind
from customer_api.passwords.mailings import Outcome, PasswordMailings
from tests.shop import OTHER_PASSWORD, PASSWORD, START
from tests.tables import connect, every_row, rows
from tests.transfers.conftest import import_into
from tests.transfers.files import customer

RESET = Audience(MailingKind.RESET)
INVITATION = Audience(MailingKind.INVITATION)
FIRST = Audience(MailingKind.FIRST)
HASH = bcrypt.using(rounds=4, salt="abcdefghijklmnopqrstuu").hash("change123")


def open_mailings(shop, pause=None):
    keys = MailedKeys(Purpose.RESTORE, clock=shop.clock, ttl_seconds=3 * 24 * 3600)
    link = KeyLink("{storefront}/password/restore?token={key}", "https://www.shop.example")
    outbox = Outbox(clock=shop.clock, sender="shop@shop.example")
    options = {} if pause is None else {"pause": pause}
    return PasswordMailings(
        units=shop.container.units,
        clock=shop.clock,
        invitations=KeyMails(keys=keys, link=link, outbox=outbox),
        **options,
    )


@pytest.fixture
def send(shop):
    """Send a mailing, by default a new one, as fast as possible; return the outcomes."""

    async def run(audience, *, run=None, per_minute=1e9, advance=lambda: None, pause=None):
        service = open_mailings(shop, pause)
        if run is None:
            run = await service.start(audience, service.plan())
        outcomes = await service.run(audience, run, per_minute=per_minute, advance=advance)
        return dict(+outcomes)

    return run


async def mailed(shop):
    """Count the mails of mailings by reference."""
    templates = {"password_reset", "password_invitation"}
    return Counter(row.reference for row in await rows(shop, MailRow) if row.template in templates)


async def without_password(shop):
    stored = {it.customer_id for it in await rows(shop, CredentialRow) if it.password_hash}
    return {it.reference for it in await rows(shop, CustomerRow) if it.id not in stored}


async def test_a_reset_removes_the_password_and_ends_the_sessions(shop, send):
    ada = await shop.account()

    outcomes = await send(RESET)

    assert outcomes == {Outcome.MAILED: 1}
    assert not await shop.is_logged_in(ada)
    assert (await shop.log_in()).status_code == 401
    key = await shop.mailed_key("password/restore")
    assert (await shop.restore(key)).status_code == 204
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201


async def test_a_reset_ends_what_was_asked_for_under_the_old_password(shop, send):
    ada = await shop.account()
    await shop.change_email(ada, "thief@shop.example")
    change = await shop.mailed_key("email/confirm")
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    restore = await shop.mailed_key("password/restore")

    await send(RESET)

    assert (await shop.restore(restore)).status_code == 422
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204
    assert (await shop.confirm_email(change, OTHER_PASSWORD)).status_code == 422


async def test_an_invitation_changes_nothing_but_the_key(shop, send):
    ada = await shop.account()

    outcomes = await send(INVITATION)

    assert outcomes == {Outcome.MAILED: 1}
    assert await shop.is_logged_in(ada)
    assert (await shop.log_in()).status_code == 201
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201


async def test_a_link_works_for_days(shop, send):
    await shop.account()
    await send(RESET)
    key = await shop.mailed_key("password/restore")
    shop.clock.advance(hours=71)

    assert (await shop.restore(key)).status_code == 204


async def test_unconfirmed_customers_lose_their_password_and_get_no_mail(shop, send):
    created = await shop.register()
    reference = created.json()["data"]["id"]

    invited = await send(INVITATION)
    reset = await send(RESET)
    again = await send(RESET)

    assert (invited, reset, again) == ({}, {Outcome.WITHOUT_MAIL: 1}, {})
    assert await without_password(shop) == {reference}
    assert await mailed(shop) == {}


async def test_first_passwords_are_for_those_who_have_none(shop, send):
    await shop.account()
    await import_into(
        shop,
        customer(1, password=""),
        customer(2, password="", registered=""),
        customer(3, password=HASH),
    )

    outcomes = await send(FIRST)

    assert outcomes == {Outcome.MAILED: 2}
    assert await mailed(shop) == {"DE--1": 1, "DE--2": 1}
    for key in await shop.mailed_keys("password/restore"):
        assert (await shop.restore(key)).status_code == 204
    for number in (1, 2):
        email = f"person.{number}@shop.example"
        assert (await shop.log_in(email, OTHER_PASSWORD)).status_code == 201


@pytest.mark.parametrize("kind", MailingKind)
async def test_anonymized_customers_are_never_touched(shop, send, kind):
    ada = await shop.account()
    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)
    await shop.mails()
    before = await every_row(shop)
    service = open_mailings(shop)

    outcomes = await service.run(
        Audience(kind), service.plan(), per_minute=1e9, advance=lambda: None
    )

    assert outcomes == {}
    assert await every_row(shop) == before


@pytest.fixture
async def five(shop):
    """Five confirmed customers; the first is the oldest."""
    days = ["2020-01-01", "2021-01-01", "2022-01-01", "2023-01-01", "2024-01-01"]
    await import_into(
        shop,
        *(
            customer(number, registered=day, locale_name=("de_DE", "en_US")[number % 2])
            for number, day in enumerate(days, start=1)
        ),
    )


def listed(*references):
    return lambda: iter(references)


@pytest.mark.parametrize(
    ("narrowed", "numbers", "left_out"),
    [
        ({}, "12345", 0),
        ({"locales": ("en_US",)}, "135", 0),
        ({"locales": ("en_US", "de_DE")}, "12345", 0),
        ({"created_from": START.replace(2022, 1, 1, 0, 0, 0, 0)}, "345", 0),
        ({"created_before": START.replace(2022, 1, 1, 0, 0, 0, 0)}, "12", 0),
        ({"references": listed("DE--4", "DE--2", "DE--9", "DE--2")}, "24", 2),
        ({"references": listed("DE--4", "DE--5"), "locales": ("de_DE",)}, "4", 1),
        ({"references": listed()}, "", 0),
    ],
)
@pytest.mark.usefixtures("five")
async def test_options_narrow_the_audience(shop, send, narrowed, numbers, left_out):
    audience = Audience(MailingKind.RESET, **narrowed)
    service = open_mailings(shop)

    count = await service.count(audience, service.plan())
    outcomes = await send(audience)

    assert count == len(numbers)
    assert await mailed(shop) == {f"DE--{number}": 1 for number in numbers}
    assert await without_password(shop) == {f"DE--{number}" for number in numbers}
    assert outcomes.get(Outcome.LEFT_OUT, 0) == left_out


async def test_who_has_a_key_that_works_can_be_left_out(shop, send, five):
    await shop.call("POST", "/customer-forgotten-password", {"email": "person.1@shop.example"})
    await shop.mails()
    await shop.call("POST", "/customer-forgotten-password", {"email": "person.2@shop.example"})
    await shop.restore(await shop.mailed_key("password/restore"))

    await send(Audience(MailingKind.RESET, skips_pending=True))

    assert await mailed(shop) == {f"DE--{number}": 1 for number in (2, 3, 4, 5)}


async def test_who_has_a_key_that_expired_is_not_left_out(shop, send, five):
    await shop.call("POST", "/customer-forgotten-password", {"email": "person.1@shop.example"})
    await shop.mails()
    shop.clock.advance(hours=2)

    outcomes = await send(Audience(MailingKind.RESET, skips_pending=True))

    assert outcomes == {Outcome.MAILED: 5}


async def test_mails_are_queued_at_a_pace(shop, send, five):
    waits = []

    async def pause(seconds):
        waits.append(seconds)
        shop.clock.advance(seconds=seconds)

    await send(RESET, per_minute=30, pause=pause)

    created = [it.created_at - START for it in await rows(shop, MailRow)]
    assert waits == [2.0] * 4
    assert created == [timedelta(seconds=number * 2) for number in range(5)]


async def test_lost_time_is_not_made_up_for(shop, send, five):
    waits, stalls = [], [0, 60, 0, 0, 0]

    async def pause(seconds):
        waits.append(seconds)
        shop.clock.advance(seconds=seconds)

    def advance():
        shop.clock.advance(seconds=stalls.pop(0))

    await send(RESET, per_minute=30, pause=pause, advance=advance)

    assert waits == [2.0, 2.0, 2.0]


async def test_who_gets_no_mail_costs_no_wait(shop, send):
    for number in range(3):
        await shop.register(email=f"person.{number}@shop.example")

    async def pause(seconds):  # pragma: no cover - that is the point
        raise AssertionError

    outcomes = await send(RESET, per_minute=1, pause=pause)

    assert outcomes == {Outcome.WITHOUT_MAIL: 3}


@pytest.fixture(params=[1, 2, 500])
def page_of(request, monkeypatch):
    """So many customers are looked up at once."""
    monkeypatch.setattr(mailings, "PAGE", request.param)


@pytest.fixture
def killed_after(shop, send, monkeypatch):
    """Start a mailing that is killed in the transaction of the customer after so many."""

    async def run(audience, count):
        service = open_mailings(shop)
        started = service.plan()
        await service.start(audience, started)
        put, queued = Outbox.put, []

        def put_or_fail(*arguments, **options):
            put(*arguments, **options)
            queued.append(1)
            if len(queued) > count:
                raise DatabaseUnavailable

        with monkeypatch.context() as patch:
            patch.setattr(Outbox, "put", put_or_fail)
            with pytest.raises(DatabaseUnavailable):
                await send(audience, run=started)
        return started

    return run


@pytest.mark.parametrize(
    "audience",
    [
        RESET,
        INVITATION,
        Audience(MailingKind.RESET, references=listed(*map("DE--{}".format, range(1, 6)))),
    ],
)
@pytest.mark.usefixtures("five")
async def test_a_killed_run_is_continued_and_mails_nobody_twice(
    shop, send, killed_after, audience, page_of
):
    run = await killed_after(audience, 3)
    before = await mailed(shop)
    for key in (await shop.mailed_keys("password/restore"))[:2]:
        await shop.restore(key)  # and who did what they were asked to is not asked again
    shop.clock.advance(days=1)
    service = open_mailings(shop)
    found = await service.find(audience, run.id)

    count = await service.count(audience, found)
    outcomes = await send(audience, run=found)

    assert found == run
    assert sum(before.values()) == 3
    assert (count, outcomes[Outcome.MAILED]) == (2, 2)
    assert await mailed(shop) == {f"DE--{number}": 1 for number in range(1, 6)}
    if audience.kind is MailingKind.RESET:
        assert len(await without_password(shop)) == 3


async def test_a_continued_run_does_not_concern_who_came_later(shop, send, five, killed_after):
    run = await killed_after(RESET, 3)
    shop.clock.advance(days=1)
    await shop.account("new@shop.example")

    await send(RESET, run=run)

    assert (await shop.log_in("new@shop.example", PASSWORD)).status_code == 201


async def test_two_processes_that_send_the_same_run_mail_nobody_twice(shop, send, five):
    service = open_mailings(shop)
    run = await service.start(RESET, service.plan())
    await connect(shop)

    outcomes = await asyncio.gather(*(send(RESET, run=run) for _ in range(3)))

    assert sum(it.get(Outcome.MAILED, 0) for it in outcomes) == 5
    assert await mailed(shop) == {f"DE--{number}": 1 for number in range(1, 6)}


async def test_who_was_erased_since_the_list_was_read_is_left_out(shop, send):
    ada = await shop.account()
    bob = await shop.account("bob@shop.example")

    async def pause(seconds):
        await shop.call("DELETE", f"/customers/{bob.reference}", by=bob)

    outcomes = await send(INVITATION, per_minute=1, pause=pause)

    assert outcomes == {Outcome.MAILED: 1, Outcome.LEFT_OUT: 1}
    assert await mailed(shop) == {ada.reference: 1}


async def test_nobody_mails_to_who_registered_and_never_confirmed(shop, send):
    await shop.register()
    await send(RESET)

    outcomes = await send(FIRST)

    assert outcomes == {}
    assert await mailed(shop) == {}


async def test_a_run_is_found_by_its_options_and_id_alone(shop, send):
    service = open_mailings(shop)
    run = await service.start(RESET, service.plan())

    assert await service.find(RESET, run.id) == run
    assert await service.find(FIRST, run.id) is None
    assert await service.find(Audience(MailingKind.RESET, locales=("de_DE",)), run.id) is None
    assert await service.find(RESET, "unknown") is None


async def test_a_run_begins_with_the_answer_to_the_question(shop):
    service, findings = open_mailings(shop), []
    planned = service.plan()
    shop.clock.advance(days=3)
    await shop.account()
    await import_into(shop, customer(1))
    await shop.container.sealing.seal()

    run = await service.start(RESET, planned)

    await shop.container.sealing.seal()
    await shop.container.units.read(lambda it: verify(it, findings.append))
    assert findings == []
    assert await service.find(RESET, planned.id) == run
    assert run.started_at == shop.clock.now()


async def test_the_audit_tells_who_was_reached_in_which_run(shop, send, five):
    audience = Audience(
        MailingKind.RESET,
        locales=("de_DE",),
        created_from=START.replace(2020, 1, 1),
        skips_pending=True,
        references=listed("DE--2"),
    )
    service = open_mailings(shop)
    run = await service.start(audience, service.plan())

    await send(audience, run=run)
    await send(INVITATION)

    _imported, started, reset, *invited = await rows(shop, AuditEventRow)
    assert (started.action, started.subject, started.actor_kind) == (
        "password_mailing.started",
        run.id,
        "command_line",
    )
    assert started.fields == "reset,locale,created_from,only_without_pending,references"
    assert (reset.action, reset.subject, reset.fields) == (
        "customer.password_reset",
        "DE--2",
        "password",
    )
    assert (reset.request_id, reset.at) == (run.id, START)
    assert {(it.action, it.fields) for it in invited[1:]} == {("customer.password_invited", "")}
