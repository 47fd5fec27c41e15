"""What changed, forgotten and restored passwords leave in the log."""

import logging

import pytest

from tests.recorded import recorded
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error


@pytest.fixture
async def ada(shop, caplog):
    """A customer whose registration is not looked at."""
    account = await shop.account()
    caplog.set_level(logging.INFO)
    caplog.clear()
    return account


async def forget(shop, email):
    await shop.call("POST", "/customer-forgotten-password", {"email": email})


async def test_a_changed_password_is_an_event(shop, ada, caplog):
    attributes = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    sessions = (await shop.call("GET", "/sessions", by=ada)).json()["data"]

    await shop.call("PATCH", f"/customer-password/{ada.reference}", attributes, by=ada)

    assert list(recorded(caplog)) == [
        ("password_changed", {"reference": ada.reference, "session": sessions[0]["id"]})
    ]


async def test_a_restored_password_is_two_events(shop, ada, caplog):
    await forget(shop, ada.email)

    await shop.restore(await shop.mailed_key())

    assert list(recorded(caplog)) == [
        ("password_restore_requested", {"reference": ada.reference}),
        ("password_restored", {"reference": ada.reference}),
    ]


async def test_a_request_for_an_unknown_address_is_no_event(shop, caplog):
    caplog.set_level(logging.INFO)

    await forget(shop, "nobody@shop.example")
    await shop.container.restore_requests.answer()

    assert list(recorded(caplog)) == []
    assert "nobody" not in caplog.text


async def test_a_refused_restore_key_is_an_event_without_the_key(shop, caplog):
    refused = await shop.restore("00000000-key")

    assert only_error(refused)[:2] == (422, "415")
    assert list(recorded(caplog)) == [("key_refused", {"code": "415"})]
    assert "00000000-key" not in caplog.text
