"""What a registration leaves in the log."""

import logging

import pytest

from tests.recorded import recorded
from tests.shop import only_error

NOBODY = "00000000-key"


@pytest.fixture(autouse=True)
def all_events(caplog):
    caplog.set_level(logging.INFO)


async def test_a_registration_and_its_confirmation_are_events(shop, caplog):
    created = await shop.register()
    reference = created.json()["data"]["id"]
    await shop.confirm(await shop.mailed_key())

    assert list(recorded(caplog)) == [
        ("customer_registered", {"reference": reference}),
        ("registration_confirmed", {"reference": reference}),
    ]


@pytest.mark.parametrize("conflict", ["contract", "hidden"])
async def test_a_taken_address_is_an_event_of_its_owner(open_shop, conflict, caplog):
    shop = await open_shop(registration_conflict=conflict)
    created = await shop.register()

    await shop.register()

    reference = created.json()["data"]["id"]
    assert list(recorded(caplog)) == [
        ("customer_registered", {"reference": reference}),
        ("registration_repeated", {"reference": reference}),
    ]


async def test_a_refused_confirmation_key_is_an_event_without_the_key(shop, caplog):
    refused = await shop.confirm(NOBODY)

    assert only_error(refused)[:2] == (422, "423")
    assert list(recorded(caplog)) == [("key_refused", {"code": "423"})]
    assert NOBODY not in caplog.text
