"""A key that many use at once works for one of them."""

import asyncio
from collections import Counter

import pytest

from tests.email_change.test_emails import BAD_KEY, NEW, THIRD, address_of
from tests.shop import OTHER_PASSWORD, only_error
from tests.tables import connect

PARALLEL = 50


@pytest.fixture
async def shops(open_shop):
    """Two applications on one database, as two workers are."""
    return [await open_shop(rate_limits="off") for _ in range(2)]


async def at_once(shops, call):
    for shop in shops:
        await connect(shop)
    return await asyncio.gather(*(call(shops[number % 2]) for number in range(PARALLEL)))


def outcomes(answers):
    return Counter(None if answer.status_code == 204 else only_error(answer) for answer in answers)


@pytest.mark.promise("G4", "S48")
async def test_one_of_many_parallel_confirmations_happens(shops):
    ada = await shops[0].account()
    await shops[0].change_email(ada, NEW)
    key = await shops[0].mailed_key("email/confirm")

    answers = await at_once(shops, lambda shop: shop.confirm_email(key))

    assert outcomes(answers) == {None: 1, BAD_KEY: PARALLEL - 1}
    assert await address_of(shops[0], ada) == NEW
    assert len(await shops[0].mailed_keys("email/undo")) == 1


@pytest.mark.promise("G4")
async def test_one_of_many_parallel_undos_happens(shops):
    ada = await shops[0].account()
    await shops[0].move(ada, NEW)
    key = await shops[0].mailed_key("email/undo")

    answers = await at_once(shops, lambda shop: shop.undo_email(key))

    assert outcomes(answers) == {None: 1, BAD_KEY: PARALLEL - 1}
    assert await address_of(shops[0], ada) == ada.email
    assert len(await shops[0].mailed_keys("password/restore")) == 1


@pytest.mark.promise("G4")
async def test_one_of_many_parallel_undos_of_a_password_happens(shops):
    ada = await shops[0].account()
    new = {"newPassword": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    path = f"/customer-password/{ada.reference}"
    await shops[0].call("PATCH", path, {"password": ada.password, **new}, by=ada)
    key = await shops[0].mailed_key("password/undo")

    answers = await at_once(shops, lambda shop: shop.undo_password(key))

    bad_key = (422, "431", "Password undo key is not valid.")
    assert outcomes(answers) == {None: 1, bad_key: PARALLEL - 1}
    assert len(await shops[0].mailed_keys("password/restore")) == 1


@pytest.mark.promise("G4")
async def test_two_undos_at_once_end_with_the_first_owner(shops):
    ada = await shops[0].account()
    await shops[0].move(await shops[0].move(ada, NEW), THIRD)
    first, second = await shops[0].mailed_keys("email/undo")
    for shop in shops:
        await connect(shop)

    answers = await asyncio.gather(shops[0].undo_email(second), shops[1].undo_email(first))

    assert answers[1].status_code == 204
    assert answers[0].status_code in {204, 422}
    assert await address_of(shops[0], ada) == ada.email


@pytest.mark.promise("G5")
async def test_a_squatter_never_gets_an_address_while_it_is_given_up(shops):
    ada = await shops[0].account()
    await shops[0].change_email(ada, NEW)
    key = await shops[0].mailed_key("email/confirm")
    for shop in shops:
        await connect(shop)

    confirmed, *registered = await asyncio.gather(
        shops[0].confirm_email(key),
        *(shops[number % 2].register(email=ada.email) for number in range(10)),
    )

    assert confirmed.status_code == 204
    assert {only_error(answer)[:2] for answer in registered} == {(422, "400")}
    assert (await shops[1].undo_email(await shops[1].mailed_key("email/undo"))).status_code == 204


async def test_two_customers_who_want_one_address_cannot_both_have_it(shops):
    accounts = [await shops[0].account(f"{name}@shop.example") for name in ("ada", "bob")]
    for account in accounts:
        await shops[0].change_email(account, NEW)
    keys = await shops[0].mailed_keys("email/confirm")
    for shop in shops:
        await connect(shop)

    answers = await asyncio.gather(
        *(shop.confirm_email(key) for shop, key in zip(shops, keys, strict=True))
    )

    assert sorted(answer.status_code for answer in answers) == [204, 422]
