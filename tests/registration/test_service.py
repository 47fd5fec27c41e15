import asyncio
from collections import Counter

import pytest

from customer_api.credentials.models import CredentialRow, OneTimeKeyRow, Purpose
from customer_api.customers.models import CustomerRow
from customer_api.mail.models import MailRow
from customer_api.registration.models import RegistrationRow
from customer_api.registration.service import SignUp
from tests.meddling import during_next
from tests.shop import OTHER_PASSWORD, PASSWORD, START, only_error, registration
from tests.tables import connect, rows

SPELLINGS = (
    "ada@bücher.example",
    "ADA@BÜCHER.EXAMPLE",
    "Ada@xn--bcher-kva.example",
    "aDa@bu\N{COMBINING DIAERESIS}cher.example",
    "adA@XN--BCHER-KVA.example",
)


async def templates(shop):
    """Return how many mails of each kind were queued."""
    return Counter(row.template for row in await rows(shop, MailRow))


async def test_one_of_many_concurrent_sign_ups_with_one_address_wins(open_shop):
    shops = [await open_shop(), await open_shop()]
    for shop in shops:
        await connect(shop)

    answers = await asyncio.gather(
        *(
            shop.register(email=email, firstName=f"Ada {n}")
            for n, email in enumerate(SPELLINGS * 2)
            for shop in shops
        )
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 422: 19}
    (winner,) = (answer for answer in answers if answer.status_code == 201)
    (row,) = await rows(shops[0], CustomerRow)
    assert row.reference == winner.json()["data"]["id"]
    assert row.first_name == winner.json()["data"]["attributes"]["firstName"]
    assert len(await rows(shops[0], CredentialRow)) == 1


async def test_concurrent_sign_ups_are_all_alike_when_conflicts_are_hidden(open_shop):
    shop = await open_shop(registration_conflict="hidden", reference_strategy="sequence")
    await connect(shop)

    answers = await asyncio.gather(*(shop.register() for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 10
    assert len({str(answer.json()["data"]["attributes"]) for answer in answers}) == 1
    assert len(await rows(shop, CustomerRow)) == 1


async def test_mail_goes_to_the_stored_spelling(shop):
    await shop.register(email="Ada@Bücher.Example")

    await shop.register(email="ada@xn--bcher-kva.example")

    recipients = {mail["To"] for mail in await shop.mails()}
    assert recipients == {"Ada@xn--bcher-kva.example"}
    (row,) = await rows(shop, CustomerRow)
    assert row.email == "Ada@Bücher.Example"


@pytest.mark.promise("G4")
async def test_one_of_many_concurrent_uses_of_a_confirmation_key_succeeds(open_shop):
    shop, other = await open_shop(), await open_shop()
    await shop.register()
    key = await shop.mailed_key()
    for each in (shop, other):
        await connect(each)

    answers = await asyncio.gather(*(it.confirm(key) for _ in range(10) for it in (shop, other)))

    assert Counter(answer.status_code for answer in answers) == {204: 1, 422: 19}


async def test_a_confirmation_key_works_until_its_last_microsecond(shop):
    await shop.register()
    key = await shop.mailed_key()
    shop.clock.advance(hours=48, microseconds=-1)

    assert (await shop.confirm(key)).status_code == 204


async def test_a_confirmation_key_has_expired_at_its_end(shop):
    await shop.register()
    key = await shop.mailed_key()
    shop.clock.advance(hours=48)

    refused = await shop.confirm(key)

    assert only_error(refused)[:2] == (422, "423")
    assert (await shop.log_in()).status_code == 401


@pytest.mark.promise("S51")
async def test_a_restore_key_confirms_nothing(shop):
    await shop.register()
    await shop.call("POST", "/customer-forgotten-password", {"email": "ada@shop.example"})
    key = await shop.mailed_key()

    assert only_error(await shop.confirm(key))[:2] == (422, "423")


async def test_terms_are_recorded_with_version_and_time(open_shop):
    shop = await open_shop(terms_version="2026-03")

    await shop.register()

    (row,) = await rows(shop, RegistrationRow)
    assert (row.terms_version, row.terms_accepted_at) == ("2026-03", START)
    assert (row.awaits_confirmation, row.is_repeated) == (True, False)


async def test_terms_that_were_not_asked_for_are_not_recorded(open_shop):
    shop = await open_shop(required_fields=())

    created = await shop.register(acceptedTerms=None, confirmPassword=None, gender=None)

    assert created.status_code == 201
    (row,) = await rows(shop, RegistrationRow)
    assert (row.terms_version, row.terms_accepted_at) == (None, None)


async def test_without_double_opt_in_the_account_works_at_once_and_the_key_once(open_shop):
    shop = await open_shop(double_opt_in=False)
    await shop.register()
    key = await shop.mailed_key()

    assert (await shop.log_in()).status_code == 201
    assert (await shop.confirm(key)).status_code == 204
    assert (await shop.confirm(key)).status_code == 422
    (row,) = await rows(shop, CustomerRow)
    assert row.registered_at == START


async def test_a_repeated_sign_up_stores_nothing_of_the_second(shop):
    await shop.register()
    shop.clock.advance(days=1)

    refused = await shop.register(
        email="ADA@shop.example",
        firstName="Eve",
        password=OTHER_PASSWORD,
        confirmPassword=OTHER_PASSWORD,
    )

    assert only_error(refused)[:2] == (422, "400")
    (row,) = await rows(shop, CustomerRow)
    assert (row.first_name, row.email) == ("Ada", "ada@shop.example")
    (attempts,) = await rows(shop, RegistrationRow)
    assert attempts.is_repeated
    assert attempts.attempted_at == shop.clock.now()
    assert attempts.terms_accepted_at == START


@pytest.mark.promise("S01")
@pytest.mark.parametrize("settings", [{}, {"registration_conflict": "hidden"}])
async def test_a_double_click_sends_one_mail_and_forces_no_restore(open_shop, settings):
    shop = await open_shop(**settings)
    await connect(shop)
    spellings = ["Ada@shop.example", "ada@shop.example", "ADA@SHOP.EXAMPLE", "aDa@Shop.Example"]

    answers = await asyncio.gather(
        *(shop.register(email=spellings[number % 4]) for number in range(50))
    )

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == ({201: 50} if settings else {201: 1, 422: 49})
    assert len(await rows(shop, CustomerRow)) == 1
    assert await templates(shop) == {"registration_confirmation": 1}
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204
    assert (await shop.log_in()).status_code == 201


async def test_the_same_person_gets_a_fresh_key_after_a_minute(shop):
    await shop.register()
    old_key = await shop.mailed_key()
    shop.clock.advance(minutes=1)

    refused = await shop.register(firstName="Other")

    (attempts,) = await rows(shop, RegistrationRow)
    assert only_error(refused)[:2] == (422, "400")
    assert (attempts.is_repeated, attempts.attempted_at) == (False, shop.clock.now())
    assert (await shop.confirm(old_key)).status_code == 422
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204
    assert (await shop.log_in()).status_code == 201


async def test_a_stranger_within_the_minute_is_distrusted_all_the_same(shop):
    await shop.register()

    await shop.register(password=OTHER_PASSWORD, confirmPassword=OTHER_PASSWORD)

    (attempts,) = await rows(shop, RegistrationRow)
    assert attempts.is_repeated
    assert await templates(shop) == {"registration_confirmation": 1}
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204
    assert (await shop.log_in()).status_code == 401


async def test_a_password_that_changes_meanwhile_proves_nobody(shop):
    await shop.register()

    async def restore():
        await shop.call("POST", "/customer-forgotten-password", {"email": "ada@shop.example"})
        await shop.restore(await shop.mailed_key())

    during_next(shop.container.hasher, "verify", restore)

    await shop.register()

    (attempts,) = await rows(shop, RegistrationRow)
    assert not attempts.is_repeated  # the restore confirmed the account
    assert (await templates(shop))["account_exists"] == 1


@pytest.mark.parametrize("conflict", ["contract", "hidden"])
async def test_an_address_that_becomes_free_meanwhile_is_registered(open_shop, conflict):
    shop = await open_shop(registration_conflict=conflict)
    ada = await shop.account()

    async def erase():
        await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    during_next(shop.container.hasher, "verify", erase)

    created = await shop.register()

    assert created.status_code == 201
    assert created.json()["data"]["id"] != ada.reference
    assert len(await rows(shop, CustomerRow)) == 2
    assert "account_exists" not in await templates(shop)
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204


async def test_a_bombed_mailbox_gets_its_confirmation_later(shop, caplog):
    ada = await shop.account()
    for number in range(2):
        await shop.call(
            "PATCH", f"/customers/{ada.reference}", {"email": f"eve{number}@shop.example"}, by=ada
        )
    for _ in range(3):
        await shop.call(
            "PATCH", f"/customers/{ada.reference}", {"email": "eve@shop.example"}, by=ada
        )

    created = await shop.register(email="eve@shop.example")
    shop.clock.advance(hours=1)
    await shop.register(email="eve@shop.example")

    assert created.status_code == 201
    limited = [it for it in caplog.records if it.message == "mail_limit_reached"]
    assert limited[-1].reference == created.json()["data"]["id"]
    assert (await templates(shop))["registration_confirmation"] == 2
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204


async def test_confirming_after_a_repeated_sign_up_trusts_neither_password(shop):
    await shop.register()
    old_key = await shop.mailed_key()
    shop.clock.advance(minutes=1)
    await shop.register(password=OTHER_PASSWORD, confirmPassword=OTHER_PASSWORD)
    new_key = await shop.mailed_key()

    assert (await shop.confirm(old_key)).status_code == 422
    assert (await shop.confirm(new_key)).status_code == 204

    assert (await shop.log_in(password=PASSWORD)).status_code == 401
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 401
    assert await templates(shop) == {"registration_confirmation": 2, "password_restore": 1}
    restored = await shop.call(
        "PATCH",
        "/customer-restore-password/x",
        {
            "restorePasswordKey": await shop.mailed_key(),
            "password": OTHER_PASSWORD,
            "confirmPassword": OTHER_PASSWORD,
        },
    )
    assert restored.status_code == 204
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201


async def test_the_owner_of_a_taken_address_is_told_three_times_an_hour(shop):
    await shop.account()

    for _ in range(5):
        await shop.register()

    assert (await templates(shop))["account_exists"] == 2  # the first mail of the hour was a key
    shop.clock.advance(hours=1)
    await shop.register()
    assert (await templates(shop))["account_exists"] == 3


async def test_fresh_confirmation_keys_are_limited_too_and_the_last_one_works(shop):
    await shop.register()

    for _ in range(5):
        shop.clock.advance(minutes=1)
        await shop.register()

    assert (await templates(shop))["registration_confirmation"] == 3
    assert [row.used_at is None for row in await rows(shop, OneTimeKeyRow)] == [False, False, True]
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204


async def test_only_digests_of_keys_are_stored(shop):
    await shop.register()
    key = await shop.mailed_key()

    (row,) = await rows(shop, OneTimeKeyRow)

    assert row.purpose == Purpose.CONFIRMATION
    assert len(row.digest) == 32
    assert key.encode() not in row.digest
    assert len(key) == 43


async def test_a_failure_in_the_middle_leaves_nothing(shop, monkeypatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("a bug")

    monkeypatch.setattr("customer_api.mail.outbox.Outbox.put", fail)
    failed = await shop.register()
    monkeypatch.undo()

    assert failed.status_code == 500
    assert await rows(shop, CustomerRow) == []
    assert await rows(shop, CredentialRow) == []
    assert (await shop.register()).status_code == 201


async def test_the_phantom_of_a_hidden_conflict_looks_like_a_customer(open_shop):
    shop = await open_shop(registration_conflict="hidden", double_opt_in=False)
    command = SignUp(
        email="Ada@shop.example",
        password=PASSWORD,
        confirm_password=None,
        has_accepted_terms=True,
        salutation=None,
        first_name="Ada",
        last_name=None,
        gender=None,
        date_of_birth=None,
        phone="1",
        locale="de_DE",
    )
    real = await shop.container.registration.sign_up(command)

    phantom = await shop.container.registration.sign_up(command)

    differing = {name for name in real.__slots__ if getattr(real, name) != getattr(phantom, name)}
    assert differing == {"reference"}
    assert (await templates(shop)) == {"welcome": 1, "account_exists": 1}


@pytest.mark.parametrize("locale", ["en_US", "de_DE"])
async def test_the_mail_is_in_the_language_of_the_registration(shop, locale):
    headers = {"Accept-Language": locale.replace("_", "-")}

    await shop.call("POST", "/customers", registration(), headers=headers)

    (mail,) = await shop.mails()
    assert mail["Content-Language"] == locale[:2]
