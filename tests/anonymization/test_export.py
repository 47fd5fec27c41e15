"""An export has everything that an erasure would wipe."""

import json
import logging
from collections.abc import Mapping

import pytest

from customer_api.anonymization.holdings import HOLDINGS, camel_case
from customer_api.core.privacy import is_personal, is_secret
from customer_api.mail.models import MailRow
from customer_api.tokens.models import SessionRow
from tests.anonymization import plugins
from tests.anonymization.plugins import entry_point, exporter_point
from tests.anonymization.test_service import EMAIL, full_account, personal_values
from tests.shop import PASSWORD, address, only_error
from tests.tables import every_row, rows

HOSTILE = '\u202eO\'Malley </script><b>&amp; "quoted" \\u0041 =cmd|1 \x1b[31m\r\n{"a": 1} ☃'


def export(shop, account, reference=None):
    return shop.call(
        "GET", f"/customers/{reference or account.reference}/personal-data", by=account
    )


async def fresh(shop):
    """Return a customer with something in every column, who has just logged in."""
    ada = await full_account(shop)
    return await shop.session(ada.reference, EMAIL)


@pytest.mark.promise("S115")
@pytest.mark.contract("data-1", "data-2", "data-3")
async def test_what_erasure_wipes_export_contains(shop):
    ada = await fresh(shop)
    stored = personal_values(await every_row(shop))

    response = await export(shop, ada)

    data = response.json()["data"]
    parts = data["attributes"]
    shown = {
        (part, name)
        for part, things in parts.items()
        if part != "plugins"
        for thing in things
        for name, value in thing.items()
        if value is not None
    }
    shown |= {tuple(it.split(".")) for it in data["meta"]["storedNotShown"]}
    assert response.status_code == 200
    for holding in HOLDINGS:
        for column in holding.table.columns:
            if is_personal(column) and f"{holding.table.name}.{column.name}" in stored:
                assert (holding.part, camel_case(column.name)) in shown
    assert list(parts) == [*(holding.part for holding in HOLDINGS), "plugins"]


@pytest.mark.promise("S115")
@pytest.mark.contract("data-4")
async def test_every_row_is_there_and_those_of_others_are_not(shop):
    bob = await shop.account("bob@shop.example")
    await shop.call("POST", f"/customers/{bob.reference}/addresses", address(), by=bob)
    ada = await fresh(shop)

    parts = (await export(shop, ada)).json()["data"]["attributes"]

    counts = {part: len(things) for part, things in parts.items()}
    assert counts["customers"] == 1
    assert counts["addresses"] == 2  # one of them was removed from the book
    assert counts["sessions"] == 4  # one of them is an operator's
    assert "bob@shop.example" not in json.dumps(parts)
    (default,) = {
        parts["customers"][0][f"default{kind}AddressId"] for kind in ("Billing", "Shipping")
    }
    assert default == parts["addresses"][0]["uuid"]


@pytest.mark.promise("S115")
async def test_who_asked_for_an_address_does_not_see_what_its_owner_does(shop):
    mallory = await shop.account("mallory@shop.example")
    await shop.change_email(mallory, "victim@shop.example")
    await shop.account("victim@shop.example")
    await shop.log_in("victim@shop.example", "wrong")
    await shop.call("POST", "/customer-forgotten-password", {"email": "victim@shop.example"})

    parts = (await export(shop, mallory)).json()["data"]["attributes"]

    assert {it["subject"] for it in parts["counters"]} == {"mallory@shop.example"}
    assert parts["restoreRequests"] == []


@pytest.mark.promise("S115")
@pytest.mark.contract("data-3")
async def test_secrets_are_named_and_never_shown(shop):
    ada = await fresh(shop)

    response = await export(shop, ada)

    named = set(response.json()["data"]["meta"]["storedNotShown"])
    assert named == {
        f"{holding.part}.{camel_case(column.name)}"
        for holding in HOLDINGS
        for column in holding.table.columns
        if is_secret(column)
    }
    for secret in ("argon2", PASSWORD, ada.refresh_token, "?token="):
        assert secret not in response.text


@pytest.mark.promise("S115")
async def test_hostile_text_survives_as_text(shop):
    ada = await shop.account(phone=HOSTILE)

    response = await export(shop, ada)

    (customer,) = response.json()["data"]["attributes"]["customers"]
    assert customer["phone"] == HOSTILE
    assert response.headers["content-type"] == "application/vnd.api+json"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.promise("S115")
@pytest.mark.contract("data-1")
async def test_the_document_is_json_api(shop):
    ada = await shop.account()

    response = await export(shop, ada)

    document = response.json()
    url = f"http://api.shop.example/v1/customers/{ada.reference}/personal-data"
    assert set(document) == {"data"}
    assert set(document["data"]) == {"type", "id", "attributes", "links", "meta"}
    assert (document["data"]["type"], document["data"]["id"]) == ("personal-data", ada.reference)
    assert document["data"]["links"] == {"self": url}
    assert _forbidden_members(document["data"]["attributes"]) == set()


def _forbidden_members(value):
    """Return the members that JSON:API 1.1 section 7.2.2 reserves in objects of attributes."""
    if isinstance(value, Mapping):
        inner = set().union(*map(_forbidden_members, value.values()))
        return inner | ({"links", "relationships"} & set(value))
    return set().union(*map(_forbidden_members, value)) if isinstance(value, list) else set()


@pytest.mark.contract("data-2")
async def test_parts_can_be_chosen(shop):
    ada = await shop.account()
    path = f"/customers/{ada.reference}/personal-data?fields[personal-data]=customers"

    response = await shop.call("GET", path, by=ada)

    assert list(response.json()["data"]["attributes"]) == ["customers"]


@pytest.mark.promise("S116")
@pytest.mark.contract("data-6", "err-441", "head-2")
async def test_a_login_ten_minutes_ago_is_fresh_and_an_older_one_is_not(shop):
    ada = await shop.account()
    shop.clock.advance(seconds=600)
    assert (await export(shop, ada)).status_code == 200
    shop.clock.advance(microseconds=1)

    response = await export(shop, ada)

    (error,) = response.json()["errors"]
    assert only_error(response) == (401, "441", "Log in again with your password, then try again.")
    assert error["meta"] == {"reason": "reauthentication_required"}
    assert response.headers["www-authenticate"] == (
        'Bearer realm="Access to shop API", error="insufficient_user_authentication", max_age="600"'
    )


@pytest.mark.promise("S116")
@pytest.mark.contract("data-6")
async def test_a_refreshed_token_is_no_fresh_login_and_a_new_login_is(open_shop):
    shop = await open_shop(fresh_login_seconds=60)
    ada = await shop.account()
    shop.clock.advance(seconds=61)
    pair = await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})
    token = pair.json()["data"]["attributes"]["accessToken"]
    headers = {"Authorization": f"Bearer {token}"}
    path = f"/customers/{ada.reference}/personal-data"

    refreshed = await shop.call("GET", path, headers=headers)
    logged_in = await export(shop, await shop.session(ada.reference, ada.email))

    assert (refreshed.status_code, logged_in.status_code) == (401, 200)
    assert 'max_age="60"' in refreshed.headers["www-authenticate"]


@pytest.mark.promise("S116")
@pytest.mark.contract("data-5")
@pytest.mark.parametrize("reference", ["bob", "DE--XXXXXXXXXX", "mine"])
async def test_somebody_elses_data_are_refused_known_or_not(shop, reference):
    bob = await shop.account("bob@shop.example")
    ada = await shop.account()

    response = await export(shop, ada, bob.reference if reference == "bob" else reference)

    assert only_error(response) == (403, "411", "Unauthorized request.")


@pytest.mark.promise("S116")
async def test_nobody_exports_without_a_token_or_with_a_dead_one(shop):
    ada = await shop.account()
    path = f"/customers/{ada.reference}/personal-data"
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)

    without, dead = await shop.call("GET", path), await export(shop, ada)

    assert only_error(without)[:2] == (403, "002")
    assert only_error(dead)[:2] == (401, "001")


@pytest.mark.contract("data-7", "mail-14")
async def test_the_owner_is_told_by_mail_and_the_event_names_nobody(shop, caplog):
    ada = await shop.account("Ada@Shop.Example")

    with caplog.at_level(logging.INFO):
        await export(shop, ada)

    mail = (await shop.mails())[-1]
    assert (mail["To"], mail["Subject"]) == (
        "Ada@Shop.Example",
        "Your personal data was downloaded",
    )
    (event,) = (it for it in caplog.records if it.message == "personal_data_exported")
    (session,) = await rows(shop, SessionRow)
    assert (event.reference, event.session) == (ada.reference, session.uuid)
    assert "shop.example" not in str(vars(event)).lower()


async def test_exports_do_not_flood_the_mailbox(shop):
    ada = await shop.account()

    answers = [await export(shop, ada) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {200}
    mails = [row for row in await rows(shop, MailRow) if row.template == "personal_data_exported"]
    assert len(mails) == 3


async def test_mails_that_strangers_ask_for_do_not_silence_the_notice(shop):
    ada = await shop.account()
    for _ in range(3):
        await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    await shop.mails()

    await export(shop, ada)

    assert (await shop.mails())[-1]["Subject"] == "Your personal data was downloaded"


@pytest.mark.contract("data-2")
async def test_plugins_export_under_their_names(open_shop):
    found = [exporter_point(plugins.LoyaltyExporter), entry_point(plugins.Wishlists)]
    shop = await open_shop(plugins=found)
    ada = await shop.account()

    response = await export(shop, ada)

    assert response.json()["data"]["attributes"]["plugins"] == {
        "loyalty": [{"card": ada.reference, "email": ada.email}]
    }
