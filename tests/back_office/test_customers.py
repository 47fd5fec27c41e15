"""Customers in the hands of operators: added, read, changed, locked, mailed."""

import asyncio
import logging

import pytest

from customer_api.customers.references import RandomReferences
from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import ROOT, Office
from tests.recorded import recorded
from tests.shop import OTHER_PASSWORD, address, details, mail_text, only_error
from tests.tables import connect

GRACE = {"email": "Grace@Shop.example", "firstName": "Grace", "lastName": "Häuser"}
NOT_FOUND = (404, "1201", "Customer not found.")


def of(answer):
    return answer.json()["data"]


def attributes_of(answer):
    return of(answer)["attributes"]


async def test_a_created_customer_is_shown_whole(office):
    more = {
        "salutation": "Dr",
        "gender": "Female",
        "dateOfBirth": "1906-12-09",
        "company": "Navy",
        "phone": "1",
        "locale": "de_DE",
    }
    created = await office.call("POST", "/customers", {**GRACE, **more})
    reference = of(created)["id"]
    read = await office.call("GET", f"/customers/{reference}")

    assert created.status_code == 201
    assert created.headers["etag"] == read.headers["etag"] == '"1"'
    assert of(created) == of(read)
    assert attributes_of(read) == {
        **GRACE,
        **more,
        "status": "unconfirmed",
        "lockReason": None,
        "defaultBillingAddress": None,
        "defaultShippingAddress": None,
        "registeredAt": None,
        "lockedAt": None,
        "anonymizedAt": None,
        "createdAt": "2026-03-14 09:26:53.589793",
        "updatedAt": "2026-03-14 09:26:53.589793",
    }
    assert list(attributes_of(read)) == list(attributes_of(created))
    assert await office.shop.mails() == []
    assert await office.trail(reference) == [
        ("customer.created", ",".join(sorted({**GRACE, **more}))),
        ("customer.read", ""),
    ]


async def test_a_password_mail_lets_a_new_customer_in(office):
    await office.call("POST", "/customers", {**GRACE, "sendPasswordToken": True})
    (mail,) = await office.shop.mails()
    restored = await office.shop.restore(await office.shop.mailed_key("password/restore"))
    login = await office.shop.log_in("grace@shop.example", OTHER_PASSWORD)

    assert mail["To"] == "Grace@Shop.example"
    assert "There is an account for you in our shop." in mail_text(mail)
    assert "for 72 hours" in mail_text(mail)
    assert restored.status_code == 204
    assert login.status_code == 201


async def test_a_confirmation_mail_confirms_a_new_customer(office):
    created = await office.call("POST", "/customers", {**GRACE, "sendConfirmation": True})
    confirmed = await office.shop.confirm(await office.shop.mailed_key("register/confirm"))
    read = await office.call("GET", f"/customers/{of(created)['id']}")

    assert confirmed.status_code == 204
    assert attributes_of(read)["status"] == "registered"


async def test_bad_attributes_are_named_and_change_nothing(office):
    empty = await office.call("POST", "/customers", {})
    bad = {"email": "x", "firstName": "", "lastName": "L" * 101, "gender": "Robot"}
    answer = await office.call("POST", "/customers", bad)
    listed = await office.call("GET", "/customers")

    assert details(empty) == [
        "email => This field is missing.",
        "firstName => This field is missing.",
        "lastName => This field is missing.",
    ]
    assert {error["code"] for error in empty.json()["errors"]} == {"1202"}
    assert answer.status_code == 422
    assert details(answer) == [
        "email => This value is not a valid email address.",
        "firstName => This value should not be blank.",
        "lastName => This value is too long. It should have 100 characters or less.",
        "gender => The value you selected is not a valid choice.",
    ]
    assert of(listed) == []


async def test_a_taken_address_is_refused_in_any_spelling(office):
    await office.customer("ada@shop.example")
    again = await office.call("POST", "/customers", {**GRACE, "email": "ADA@shop.example"})

    assert only_error(again) == (422, "1230", "Another customer has this email address.")


async def test_an_address_that_can_be_taken_back_is_refused(office):
    account = await office.shop.account("ada@shop.example")
    await office.shop.move(account, "new@shop.example")
    answer = await office.call("POST", "/customers", {**GRACE, "email": "ada@shop.example"})

    assert only_error(answer)[1] == "1230"


async def test_a_locale_of_another_shop_is_refused(office):
    refused = (422, "1209", "The shop does not have this locale.")
    created = await office.call("POST", "/customers", {**GRACE, "locale": "xx_XX"})
    reference = await office.customer()
    changed = await office.call("PATCH", f"/customers/{reference}", {"locale": "xx_XX"})

    assert only_error(created) == only_error(changed) == refused


async def test_a_change_sets_what_is_sent_and_null_empties(office):
    reference = await office.customer(phone="1", company="C")
    path = f"/customers/{reference}"
    changed = await office.call("PATCH", path, {"phone": None, "firstName": "Adah"})
    blank = await office.call("PATCH", path, {"firstName": None})

    shown = attributes_of(changed)
    assert (shown["phone"], shown["company"], shown["firstName"]) == (None, "C", "Adah")
    assert changed.headers["etag"] == '"2"'
    assert details(blank) == ["firstName => This value should not be blank."]
    assert ("customer.changed", "firstName,phone") in await office.trail(reference)


async def test_what_is_there_already_is_no_change(office):
    reference = await office.customer(phone="1", dateOfBirth="1990-04-30")
    path = f"/customers/{reference}"
    added = await office.call("POST", f"{path}/addresses", address())
    default = {"defaultBillingAddress": of(added)["id"]}
    before = await office.call("GET", path)
    same = {**attributes_of(before), **default}
    trail = await office.trail(reference)

    answers = [
        await office.call("PATCH", path, same),
        await office.call("PATCH", path, default),
        await office.call("PATCH", path, {}),
    ]
    changed = await office.call("PATCH", path, {**same, "phone": "2"})

    assert {it.headers["etag"] for it in answers} == {before.headers["etag"]}
    assert {it.content for it in answers} == {before.content}
    assert attributes_of(changed)["phone"] == "2"
    assert (await office.trail(reference))[len(trail) :] == [
        ("customer.read", ""),
        ("customer.read", ""),
        ("customer.read", ""),
        ("customer.changed", "phone"),
    ]


async def test_a_locale_can_be_spelt_as_a_language_tag(office):
    created = await office.call("POST", "/customers", {**GRACE, "locale": "de-DE"})
    reference = of(created)["id"]
    path = f"/customers/{reference}"
    changed = await office.call("PATCH", path, {"locale": "en-US"})
    found = await office.call("GET", "/customers?filter[customers.locale]=en-US")

    assert [attributes_of(it)["locale"] for it in (created, changed)] == ["de_DE", "en_US"]
    assert [it["id"] for it in of(found)] == [reference]


async def test_nobody_overwrites_what_they_have_not_seen(office):
    path = f"/customers/{await office.customer()}"
    first = await office.call("PATCH", path, {"phone": "1"}, headers={"If-Match": '"1"'})
    second = await office.call("PATCH", path, {"phone": "2"}, headers={"If-Match": '"1"'})

    assert first.status_code == 200
    assert only_error(second)[:2] == (412, "1232")
    assert second.json()["errors"][0]["meta"] == {"etag": '"2"'}
    assert attributes_of(await office.call("GET", path))["phone"] == "1"


async def test_defaults_are_chosen_among_the_addresses_of_the_customer(office):
    reference, other = await office.customer(), await office.customer("b@shop.example")
    path = f"/customers/{reference}"
    uuids = [
        of(await office.call("POST", f"/customers/{of_whom}/addresses", address()))["id"]
        for of_whom in (reference, reference, other)
    ]
    etag = (await office.call("GET", path)).headers["etag"]
    changed = await office.call("PATCH", path, {"defaultBillingAddress": uuids[1]})
    emptied = await office.call("PATCH", path, {"defaultShippingAddress": None})
    foreign = await office.call("PATCH", path, {"defaultBillingAddress": uuids[2]})
    read = await office.call("GET", f"{path}?include=addresses")

    assert attributes_of(changed)["defaultBillingAddress"] == uuids[1]
    assert attributes_of(changed)["defaultShippingAddress"] == uuids[0]
    assert changed.headers["etag"] != etag
    assert attributes_of(emptied)["defaultShippingAddress"] is None
    assert only_error(foreign) == (404, "1205", "Address not found.")
    assert attributes_of(read)["defaultBillingAddress"] == uuids[1]
    included = read.json()["included"]
    assert [it["id"] for it in included] == uuids[:2]
    assert [it["attributes"]["isDefaultBilling"] for it in included] == [False, True]


async def test_the_email_is_locked_without_a_scope_of_its_own(office):
    account = await office.shop.account("ada@shop.example")
    path = f"/customers/{account.reference}"
    await office.operator("su@shop.example", Role.SUPPORT)
    support = await office.token_of("su@shop.example")
    same = await office.call("PATCH", path, {"email": "ada@shop.example"}, token=support)
    locked = await office.call("PATCH", path, {"email": "new@shop.example"}, token=support)

    assert same.status_code == 200
    assert only_error(locked) == (403, "1231", "The email address is locked.")
    assert await office.shop.is_logged_in(account)


async def test_an_override_tells_both_mailboxes_and_ends_all_sessions(office):
    account = await office.shop.account("ada@shop.example")
    before = len(await office.shop.mails())
    path = f"/customers/{account.reference}"
    changed = await office.call("PATCH", path, {"email": "new@shop.example", "phone": "7"})
    told = (await office.shop.mails())[before:]
    logged_out = await office.shop.call("GET", path, by=account)
    undone = await office.shop.undo_email(await office.shop.mailed_key("email/undo"))

    assert attributes_of(changed)["email"] == "new@shop.example"
    assert attributes_of(changed)["phone"] == "7"
    assert {mail["To"] for mail in told} == {"ada@shop.example", "new@shop.example"}
    assert logged_out.json()["errors"][0]["meta"] == {"reason": "email_changed"}
    assert undone.status_code == 204
    assert attributes_of(await office.call("GET", path))["email"] == "ada@shop.example"


async def test_an_override_to_a_taken_address_changes_nothing(office):
    reference = await office.customer("ada@shop.example")
    await office.customer("b@shop.example")
    answer = await office.call("PATCH", f"/customers/{reference}", {"email": "B@shop.example"})

    assert only_error(answer)[1] == "1230"


async def test_another_spelling_of_the_email_tells_nobody(office):
    account = await office.shop.account("ada@shop.example")
    before = len(await office.shop.mails())
    path = f"/customers/{account.reference}"
    changed = await office.call("PATCH", path, {"email": "Ada@Shop.example"})

    assert attributes_of(changed)["email"] == "Ada@Shop.example"
    assert len(await office.shop.mails()) == before
    assert await office.shop.is_logged_in(account)


@pytest.mark.promise("G3", "S13", "S32", "S61")
async def test_a_lock_ends_every_session_and_keeps_the_customer_out(office, caplog):
    caplog.set_level(logging.INFO)
    account = await office.shop.account()
    path = f"/customers/{account.reference}/lock"
    locked = await office.call("PUT", path, {"reason": "fraud"}, resource_type="customer-locks")
    used = await office.shop.call("GET", f"/customers/{account.reference}", by=account)
    refreshed = await office.shop.call(
        "POST", "/refresh-tokens", {"refreshToken": account.refresh_token}
    )
    login = await office.shop.log_in()
    wrong = await office.shop.log_in(password="Wr0ng-Horse!!")
    shown = attributes_of(await office.call("GET", f"/customers/{account.reference}"))

    assert locked.status_code == 200
    assert of(locked)["type"] == "customer-locks"
    assert attributes_of(locked)["reason"] == "fraud"
    assert only_error(used)[:2] == (401, "001")
    assert used.json()["errors"][0]["meta"] == {"reason": "locked"}
    assert only_error(refreshed)[:2] == (401, "004")
    assert only_error(login) == only_error(wrong) == (401, "003", "Failed to authenticate user.")
    assert login.content == wrong.content
    assert (shown["status"], shown["lockReason"]) == ("locked", "fraud")
    assert ("customer_locked", {"reference": account.reference}) in list(recorded(caplog))


@pytest.mark.promise("S50", "S61")
async def test_a_restored_password_does_not_unlock(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}/lock"
    await office.call("PUT", path, {"reason": "fraud"}, resource_type="customer-locks")
    await office.shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    restored = await office.shop.restore(await office.shop.mailed_key("password/restore"))
    login = await office.shop.log_in(password=OTHER_PASSWORD)

    assert restored.status_code == 204
    assert only_error(login)[1] == "003"


async def test_a_lock_ends_a_pending_change_of_the_email(office):
    account = await office.shop.account()
    await office.shop.change_email(account, "thief@shop.example")
    key = await office.shop.mailed_key("email/confirm")
    path = f"/customers/{account.reference}/lock"
    await office.call("PUT", path, {"reason": "fraud"}, resource_type="customer-locks")

    assert only_error(await office.shop.confirm_email(key))[1] == "430"


async def test_an_unlocked_customer_logs_in_again(office, caplog):
    caplog.set_level(logging.INFO)
    account = await office.shop.account()
    path = f"/customers/{account.reference}/lock"
    await office.call("PUT", path, {"reason": "fraud"}, resource_type="customer-locks")
    since = attributes_of(await office.call("GET", f"/customers/{account.reference}"))["lockedAt"]
    office.shop.clock.advance(minutes=5)
    again = await office.call("PUT", path, {"reason": "more"}, resource_type="customer-locks")
    unlocked = await office.call("DELETE", path)
    twice = await office.call("DELETE", path)
    login = await office.shop.log_in()

    assert attributes_of(again) == {"reason": "more", "lockedAt": since}
    assert unlocked.status_code == twice.status_code == 204
    assert ("customer_unlocked", {"reference": account.reference}) in list(recorded(caplog))
    assert login.status_code == 201
    assert [it for it in await office.trail(account.reference) if "lock" in it[0]] == [
        ("customer.locked", "reason"),
        ("customer.locked", "reason"),
        ("customer.unlocked", ""),
    ]


async def test_a_lock_takes_a_reason(office):
    path = f"/customers/{await office.customer()}/lock"
    answer = await office.call("PUT", path, {"reason": ""}, resource_type="customer-locks")

    assert details(answer) == ["reason => This value should not be blank."]


async def test_a_restore_mail_is_sent_until_the_mailbox_has_enough(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}/password-restore-mails"
    office.shop.clock.advance(hours=2)
    office.token = await office.token_of(ROOT)
    answers = [await office.call("POST", path) for _ in range(4)]
    mails = await office.shop.mails()

    assert [it.status_code for it in answers] == [202, 202, 202, 429]
    assert answers[0].content == b""
    assert only_error(answers[3])[1] == "5901"
    assert answers[3].headers["retry-after"] == "3600"
    assert [it["Subject"] for it in mails].count("Set a new password") == 3
    assert await office.shop.is_logged_in(account)


async def test_a_confirmation_mail_is_for_the_unconfirmed(office):
    reference = await office.customer()
    path = f"/customers/{reference}/confirmation-mails"
    sent = await office.call("POST", path)
    await office.shop.confirm(await office.shop.mailed_key("register/confirm"))
    late = await office.call("POST", path)

    assert sent.status_code == 202
    assert only_error(late) == (409, "1235", "The account is confirmed already.")


@pytest.mark.promise("S60")
async def test_operators_neither_read_nor_set_secrets(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}"
    secrets = {"password": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD, "passwordHash": "x"}
    created = await office.call("POST", "/customers", {**GRACE, **secrets})
    changed = await office.call("PATCH", path, secrets)
    answers = [
        await office.call("GET", f"{path}{below}")
        for below in ("?include=addresses", "/addresses", "/sessions", "/personal-data")
    ]

    assert changed.headers["etag"] == (await office.call("GET", path)).headers["etag"]
    assert not [it for it in attributes_of(created) if "password" in it.lower()]
    assert only_error(await office.shop.log_in(GRACE["email"], OTHER_PASSWORD))[1] == "003"
    assert (await office.shop.log_in()).status_code == 201
    texts = "".join(it.text for it in answers)
    assert "$argon2" not in texts
    assert account.refresh_token not in texts
    assert [action for action, _ in await office.trail(account.reference)] == [
        "customer.read",
        "customer.read",
        "address.read",
        "session.read",
        "customer.exported",
        "customer.read",
    ]


ROUTES = [
    ("GET", "", None),
    ("PATCH", "", {"phone": "1"}),
    ("DELETE", "", None),
    ("GET", "/addresses", None),
    ("POST", "/addresses", address()),
    ("GET", "/sessions", None),
    ("DELETE", "/sessions", None),
    ("PUT", "/lock", {"reason": "r"}),
    ("DELETE", "/lock", None),
    ("POST", "/password-restore-mails", None),
    ("POST", "/confirmation-mails", None),
    ("POST", "/erasure-previews", None),
    ("GET", "/erasure-receipt", None),
    ("GET", "/personal-data", None),
]


@pytest.mark.parametrize(("method", "path", "attributes"), ROUTES)
async def test_an_unknown_customer_is_not_found_and_leaves_no_trace(
    office, method, path, attributes
):
    kind = "customer-locks" if path == "/lock" else None
    answer = await office.call(method, f"/customers/DE--0{path}", attributes, resource_type=kind)

    assert only_error(answer) == NOT_FOUND
    assert await office.trail("DE--0") == []


async def test_a_repeated_request_is_done_once(office):
    headers = {"Idempotency-Key": "one"}
    first, again = [
        await office.call("POST", "/customers", GRACE, headers=headers) for _ in range(2)
    ]
    other = await office.call("POST", "/customers", {**GRACE, "firstName": "G"}, headers=headers)
    path = f"/customers/{of(first)['id']}"
    patches = [
        await office.call("PATCH", path, {"phone": "1"}, headers={"Idempotency-Key": "two"})
        for _ in range(2)
    ]

    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert only_error(other)[:2] == (422, "1241")
    assert {it.headers["etag"] for it in patches} == {'"2"'}
    actions = [action for action, _ in await office.trail(of(first)["id"])]
    assert actions == ["customer.created", "answer.repeated", "customer.changed", "answer.repeated"]


async def test_a_request_that_is_being_answered_is_not_begun_again(office):
    reference = await office.customer()
    path, headers = f"/customers/{reference}", {"Idempotency-Key": "one"}
    await connect(office.shop)
    answers = await asyncio.gather(
        *(office.call("PATCH", path, {"phone": "1"}, headers=headers) for _ in range(8))
    )

    refusals = {only_error(it)[:2] for it in answers if it.status_code != 200}
    assert {it.headers["etag"] for it in answers if it.status_code == 200} == {'"2"'}
    assert refusals <= {(409, "1242")}


async def test_a_client_sees_what_its_scopes_let_it_see(office: Office):
    reference = await office.customer()
    token = await office.client_token(await office.client(Scope.CUSTOMERS_READ))
    read = await office.call("GET", f"/customers/{reference}", token=token)
    changed = await office.call("PATCH", f"/customers/{reference}", {}, token=token)

    assert read.status_code == 200
    assert only_error(changed)[:2] == (403, "1240")


async def test_a_reference_that_an_import_took_is_passed_over(office, monkeypatch):
    taken = await office.customer()
    made = iter([taken, taken, "DE--FREE"])
    monkeypatch.setattr(RandomReferences, "next", lambda *_: next(made))

    assert await office.customer("b@shop.example") == "DE--FREE"


async def test_without_a_free_reference_nobody_is_added(office, monkeypatch):
    taken = await office.customer()
    monkeypatch.setattr(RandomReferences, "next", lambda *_: taken)
    answer = await office.call("POST", "/customers", GRACE)

    assert answer.status_code == 500
    assert of(await office.call("GET", "/customers?q=grace")) == []
