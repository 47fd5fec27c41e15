"""What guests of the storefront do not see, edited while it runs."""

import asyncio

import pytest

from customer_api.access import repository
from customer_api.access.models import HIDEABLE
from customer_api.api.routers import STOREFRONT_ROUTERS, routes_of
from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import BASE
from tests.shop import details, only_error
from tests.tables import connect

PATH = "/customer-access"
DEFAULT = ["wishlists", "wishlist-items"]
MISSING_TOKEN = (403, "002", "Missing access token.")
NEEDED = {
    "access-tokens",
    "refresh-tokens",
    "token",
    "customer-confirmation",
    "customer-email-confirmation",
    "customer-email-undo",
    "customer-forgotten-password",
    "customer-password-undo",
    "customer-restore-password",
    "newsletter-confirmation",
    "newsletter-unsubscription",
}
"""Without these nobody becomes or stays a customer, or gets rid of a newsletter."""


def hide(office, *types, **more):
    return office.call("PATCH", PATH, {"resourceTypes": list(types)}, **more)


def types_of(answer):
    data = answer.json()["data"]
    (resource,) = data if isinstance(data, list) else [data]
    return resource["attributes"]["resourceTypes"]


def test_every_type_of_the_storefront_can_be_hidden_or_is_needed():
    types = {
        segment
        for route in routes_of(STOREFRONT_ROUTERS)
        for segment in route.path.strip("/").split("/")[::2]
    }

    of_agents = {it for it in types if it.startswith("agent-")}
    assert types - {"oauth"} - of_agents == set(HIDEABLE) | NEEDED
    assert not set(HIDEABLE) & NEEDED


async def test_the_setting_counts_until_somebody_edits(open_office):
    office = await open_office(protected_resource_types=("stores",))

    before = await office.call("GET", PATH)
    changed = await hide(office, "orders", "stores")
    after = await office.call("GET", PATH)

    assert before.json() == {
        "data": {
            "type": "customer-access",
            "id": None,
            "attributes": {"resourceTypes": ["stores"]},
            "links": {"self": f"{BASE}/customer-access"},
        }
    }
    assert types_of(changed) == types_of(after) == ["orders", "stores"]
    assert [it.headers["etag"] for it in (before, changed, after)] == ['"0"', '"1"', '"1"']


async def test_every_worker_obeys_at_once(office, open_shop):
    other = await open_shop(protected_resource_types=("customer-access",))
    seen = await other.call("GET", PATH)

    await hide(office, "stores")

    stores = [await it.call("GET", "/stores") for it in (office.shop, other)]
    lists = [await it.call("GET", PATH) for it in (office.shop, other)]
    await hide(office)
    again = [await it.call("GET", "/stores") for it in (office.shop, other)]
    assert only_error(seen) == MISSING_TOKEN
    assert [only_error(it) for it in stores] == [MISSING_TOKEN] * 2
    assert [types_of(it) for it in lists] == [["stores"]] * 2
    assert [it.status_code for it in again] == [200, 200]


async def test_customers_see_what_is_hidden_from_guests(office):
    account = await office.shop.account()
    await hide(office, *HIDEABLE)

    stores = await office.shop.call("GET", "/stores", by=account)
    access = await office.shop.call("GET", PATH, by=account)
    registered = await office.shop.register(email="bob@shop.example")

    assert (stores.status_code, types_of(access)) == (200, list(HIDEABLE))
    assert only_error(registered) == MISSING_TOKEN
    assert (await office.shop.log_in()).status_code == 201


async def test_requests_that_nothing_can_be_hidden_from_do_not_look(office, monkeypatch):
    account = await office.shop.account()

    def look(_connection):
        raise AssertionError("somebody looked")

    monkeypatch.setattr(repository, "find", look)
    profile = await office.shop.call("GET", f"/customers/{account.reference}", by=account)
    login = await office.shop.log_in()
    stores = await office.shop.call("GET", "/stores")

    assert (profile.status_code, login.status_code, stores.status_code) == (200, 201, 500)


@pytest.mark.parametrize("kind", ["carts", "access-tokens", "token", ""])
async def test_a_type_that_cannot_be_hidden_is_named(office, kind):
    answer = await hide(office, "stores", kind or "x", "y")

    errors = [(it["status"], it["code"], it["meta"]["value"]) for it in answer.json()["errors"]]
    assert answer.status_code == 422
    assert errors == [(422, "1226", kind or "x"), (422, "1226", "y")]
    assert types_of(await office.call("GET", PATH)) == DEFAULT


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({}, "resourceTypes => This field is missing."),
        ({"resourceTypes": None}, "resourceTypes => This value should be of type array."),
        ({"resourceTypes": [None]}, "resourceTypes => One or more of the given values is invalid."),
    ],
)
async def test_a_list_that_is_none_is_refused(office, attributes, detail):
    answer = await office.call("PATCH", PATH, attributes)

    assert (answer.status_code, details(answer)) == (422, [detail])


async def test_nobody_overwrites_what_they_have_not_seen(office):
    first = {"If-Match": '"0"'}

    changed = await hide(office, "stores", headers=first)
    refused = await hide(office, "orders", headers=first)

    assert changed.status_code == 200
    assert only_error(refused)[:2] == (412, "1232")
    assert refused.json()["errors"][0]["meta"] == {"etag": '"1"'}
    assert types_of(await office.call("GET", PATH)) == ["stores"]


async def test_of_two_first_edits_at_once_one_is_told(office):
    await connect(office.shop)

    answers = await asyncio.gather(
        *(hide(office, it, headers={"If-Match": '"0"'}) for it in ("stores", "orders"))
    )

    assert sorted(it.status_code for it in answers) == [200, 412]


async def test_an_edit_is_an_event_and_the_same_again_is_none(office):
    for _ in range(2):
        await hide(office, "stores", "stores")

    assert await office.trail("customer-access") == [("customer_access.changed", "resourceTypes")]
    assert types_of(await office.call("GET", PATH)) == ["stores"]


async def test_the_default_can_be_made_an_edit(office):
    changed = await hide(office, *DEFAULT)

    assert changed.headers["etag"] == '"1"'


async def test_who_only_reads_changes_nothing(office):
    await office.operator("su@shop.example", Role.SUPPORT)
    support = await office.token_of("su@shop.example")
    client = await office.client_token(await office.client(Scope.ACCESS_WRITE))

    refused = await hide(office, "unknown", token=support)
    read = await office.call("GET", PATH, token=support)
    changed = await hide(office, "stores", token=client)

    assert only_error(refused) == (403, "1240", "insufficient_scope")
    assert (read.status_code, changed.status_code) == (200, 200)


async def test_a_repeated_request_is_answered_alike(office):
    once = {"Idempotency-Key": "a"}

    answers = [await hide(office, "stores", headers=once) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert {it.headers["etag"] for it in answers} == {'"1"'}
