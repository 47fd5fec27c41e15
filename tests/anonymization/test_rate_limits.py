import pytest

from customer_api.anonymization.rate_limits import RateLimitAnonymizer
from customer_api.plugin import ErasureContext
from customer_api.security import counters
from customer_api.security.counters import CounterRow
from tests.shop import OTHER_PASSWORD, PASSWORD
from tests.tables import rows

FIRST, SECOND = "first@shop.example", "second@shop.example"


async def subjects(shop):
    return {row.subject for row in await rows(shop, CounterRow)}


async def test_counters_of_the_address_go_and_those_of_others_stay(shop):
    for email in ("ada@shop.example", "Ada@Shop.Example", "bob@shop.example"):
        await shop.log_in(email)
    for _ in range(2):
        await shop.register(email="ADA@shop.example")

    def erase(connection):
        context = ErasureContext(
            connection=connection,
            customer_id=1,
            reference="DE--1",
            email_key="ada@shop.example",
            now=shop.clock.now(),
        )
        return RateLimitAnonymizer().erase(context)

    counts = [await shop.container.units.write(erase) for _ in range(2)]

    assert counts == [3, 0]
    assert await subjects(shop) == {
        "bob@shop.example",
        None,
    }  # clients alone are nobody in particular


async def ask_again(shop, account):
    await shop.change_email(account, SECOND)
    return account


async def change_password(shop, account):
    new = {"newPassword": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    path = f"/customer-password/{account.reference}"
    await shop.call("PATCH", path, {"password": PASSWORD, **new}, by=account)
    return account


async def move(shop, account):
    return await shop.move(account, SECOND)


@pytest.mark.promise("G7")
@pytest.mark.parametrize("void", [ask_again, change_password, move])
async def test_an_address_that_is_no_longer_asked_for_is_forgotten_too(shop, void):
    ada = await shop.account()
    await shop.change_email(ada, FIRST)
    ada = await void(shop, ada)
    assert FIRST in await subjects(shop)

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert await subjects(shop) == {None}


async def test_counters_of_whoever_has_an_address_that_was_asked_for_stay(shop):
    mallory = await shop.account("mallory@shop.example")
    await shop.change_email(mallory, FIRST)
    await shop.account(FIRST)
    await shop.log_in(FIRST, "wrong")
    before = [row for row in await rows(shop, CounterRow) if row.subject == FIRST]

    await shop.call("DELETE", f"/customers/{mallory.reference}", by=mallory)

    assert [row for row in await rows(shop, CounterRow) if row.subject] == before
    assert len(before) > 3


async def test_an_address_that_was_asked_for_keeps_the_failures_of_strangers(shop):
    ada = await shop.account()
    await shop.change_email(ada, FIRST)
    await shop.log_in(FIRST, "wrong")

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    kinds = {row.kind for row in await rows(shop, CounterRow) if row.subject == FIRST}
    assert kinds == {"login_failures", "account_failures"}


async def test_addresses_are_locked_in_one_order_whoever_is_erased(shop, monkeypatch):
    ada = await shop.account("m@shop.example")
    for email in ("z@shop.example", "k@shop.example", "q@shop.example", "a@shop.example"):
        await shop.change_email(ada, email)
    locked = []
    monkeypatch.setattr(counters, "_lock", lambda _connection, subject: locked.append(subject))

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert [it[0] for it in locked] == ["a", "k", "m", "q", "z"]
