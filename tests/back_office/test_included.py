"""What is kept about a customer, beside the customer."""

import pytest

from customer_api.operators.scopes import Scope
from customer_api.profiles import service as profiles
from tests.back_office.conftest import BASE
from tests.order_system import order
from tests.shop import address, only_error

ALL = "include=addresses,notes,groups,orders"


def of(answer):
    return answer.json()["data"]


@pytest.fixture
async def path(office):
    """The path of a customer with an address, two notes, a group and two orders."""
    reference = await office.customer()
    path = f"/customers/{reference}"
    await office.call("POST", f"{path}/addresses", address())
    for text in ("first", "second"):
        await office.call("POST", f"{path}/notes", {"text": text})
        office.shop.clock.advance(minutes=1)
    group = of(await office.call("POST", "/customer-groups", {"name": "VIP"}))["id"]
    members = {"customerReferences": [reference]}
    await office.call(
        "POST",
        f"/customer-groups/{group}/customers",
        members,
        resource_type="customer-group-members",
    )
    for day in ("01", "02"):
        pushed = order(customerReference=reference, placedAt=f"2026-03-{day}T10:00:00Z")
        await office.call("PUT", f"/orders/O-{day}", pushed)
    return path


async def test_what_is_kept_about_a_customer_is_included(office, path):
    answer = await office.call("GET", f"{path}?{ALL}")
    lists = [
        of(await office.call("GET", f"{path}/{name}"))
        for name in ("addresses", "notes", "groups", "orders")
    ]

    assert [len(it) for it in lists] == [1, 2, 1, 2]
    assert answer.json()["included"] == [it for listed in lists for it in listed]
    assert of(answer)["relationships"] == {
        name: {"data": [{"type": it["type"], "id": it["id"]} for it in listed]}
        for name, listed in zip(("addresses", "notes", "groups", "orders"), lists, strict=True)
    }
    assert of(answer)["links"] == {"self": BASE + path}


async def test_groups_are_included_by_their_type_too(office, path):
    answer = await office.call(
        "GET", f"{path}?include=customer-groups&fields[customer-groups]=name"
    )

    (group,) = answer.json()["included"]
    assert group["attributes"] == {"name": "VIP"}
    assert list(of(answer)["relationships"]) == ["customer-groups"]


async def test_nothing_is_included_unless_it_is_asked_for(office, path):
    assert "included" not in (await office.call("GET", path)).json()


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("notes", Scope.NOTES_READ),
        ("groups", Scope.GROUPS_READ),
        ("customer-groups", Scope.GROUPS_READ),
        ("orders", Scope.ORDERS_READ),
    ],
)
async def test_what_is_included_takes_its_scope(office, path, name, scope):
    reader = await office.client_token(await office.client(Scope.CUSTOMERS_READ))
    both = await office.client_token(await office.client(Scope.CUSTOMERS_READ, scope))
    before = len(await office.trail(path.rpartition("/")[2]))

    refused = await office.call("GET", f"{path}?include={name}", token=reader)
    allowed = await office.call("GET", f"{path}?include={name}", token=both)

    assert only_error(refused)[:2] == (403, "1240")
    assert allowed.json()["included"]
    assert (await office.trail(path.rpartition("/")[2]))[before:] == [("customer.read", name)]


async def test_the_newest_are_included(office, path, monkeypatch):
    monkeypatch.setattr(profiles, "MOST", 1)

    answer = await office.call("GET", f"{path}?include=notes,orders")

    note, pushed = answer.json()["included"]
    assert (note["attributes"]["text"], pushed["id"]) == ("second", "O-02")


async def test_an_erased_customer_keeps_orders_and_loses_the_rest(office, path):
    preview = await office.call("POST", f"{path}/erasure-previews")
    confirmation = of(preview)["attributes"]["confirmation"]
    await office.call("DELETE", f"{path}?confirmation={confirmation}")

    answer = await office.call("GET", f"{path}?{ALL}")

    included = [(it["type"], it["attributes"].get("text")) for it in answer.json()["included"]]
    assert included == [("notes", None), ("notes", None), ("orders", None), ("orders", None)]
