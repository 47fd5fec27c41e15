"""Ordering again: accepted and refused lines, and the event for the cart service."""

import pytest

from customer_api.events.models import EventRow
from tests.contract.texts import ONE_DATABASE
from tests.order_system import item, store
from tests.shop import details, only_error
from tests.tables import rows

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1"
PATH = "/orders/DE--1/reorders"


@pytest.fixture
async def ada(shop):
    """A customer with an order of two cameras in two items, and a bag."""
    account = await shop.account()
    items = [item(quantity=1), item(sku="002", name="Bag", quantity=3), item(quantity=4)]
    await store(shop, "DE--1", of=account, items=items)
    return account


def reordered(response):
    assert response.status_code == 201, response.text
    attributes = response.json()["data"]["attributes"]
    return attributes["acceptedItems"], attributes["refusedItems"]


async def told(shop):
    """Return whom events of reorders are about, and what they say."""
    events = await rows(shop, EventRow)
    return [(it.subject, it.data) for it in events if it.type == "order.reordered"]


@rule("reorder-1", "reorder-2", "reorder-5", "doc-2")
async def test_a_whole_order_is_ordered_again(shop, ada):
    response = await shop.call("POST", PATH, {}, by=ada)

    data = response.json()["data"]
    assert reordered(response) == (
        [
            {"sku": "001", "name": "Camera", "quantity": 5},
            {"sku": "002", "name": "Bag", "quantity": 3},
        ],
        [],
    )
    assert (data["type"], data["id"]) == ("reorders", None)
    assert data["links"] == {"self": f"{BASE}{PATH}"}
    items = [{"sku": "001", "quantity": 5}, {"sku": "002", "quantity": 3}]
    assert await told(shop) == [(ada.reference, {"orderReference": "DE--1", "items": items})]


@rule("reorder-1", "reorder-3", "reorder-5")
async def test_selected_items_are_accepted_and_the_others_refused(shop, ada):
    wanted = [
        {"sku": "002", "quantity": 1_000_000},
        {"sku": "003", "quantity": 1},
        {"quantity": 1},
        {"sku": 2, "quantity": 1},
        {"sku": "001", "quantity": 0},
        {"sku": "001", "quantity": 1_000_001},
        {"sku": "001", "quantity": "1"},
        {"sku": "001", "quantity": True},
        {"sku": "001", "quantity": 1.5},
        {"sku": "001"},
        {"sku": "002", "quantity": 1},
        {"sku": "001", "quantity": 1},
    ]

    response = await shop.call("POST", PATH, {"items": wanted}, by=ada)

    accepted, refused = reordered(response)
    assert [(it["sku"], it["quantity"]) for it in accepted] == [("002", 1_000_000), ("001", 1)]
    assert [(it["place"], it["sku"], it["reason"]) for it in refused] == [
        (1, "003", "item_unknown"),
        (2, None, "item_unknown"),
        (3, None, "item_unknown"),
        *((place, "001", "quantity_invalid") for place in range(4, 10)),
        (10, "002", "repeated"),
    ]
    ((_, data),) = await told(shop)
    assert data["items"] == [{"sku": "002", "quantity": 1_000_000}, {"sku": "001", "quantity": 1}]


@rule("reorder-5")
async def test_without_an_accepted_line_nobody_is_told(shop, ada):
    response = await shop.call("POST", PATH, {"items": [{"sku": "x", "quantity": 1}]}, by=ada)

    assert reordered(response)[0] == []
    assert await told(shop) == []


@rule("reorder-1", "err-801")
async def test_only_ones_own_order_is_ordered_again(shop, ada):
    grace = await shop.account("grace@shop.example")

    response = await shop.call("POST", PATH, {}, by=grace)

    assert only_error(response) == (404, "801", "Can't find order by the given order reference")
    assert await told(shop) == []


@rule("reorder-1", "err-801", "url-3")
async def test_an_order_without_a_reference_is_nobodys(shop, ada):
    response = await shop.call("POST", "/orders//reorders", {}, by=ada)

    assert only_error(response) == (404, "801", "Can't find order by the given order reference")


@ONE_DATABASE
@rule("reorder-4", "err-901")
@pytest.mark.parametrize(
    ("items", "message"),
    [
        (None, "This value should be of type array."),
        ("001", "This value should be of type array."),
        (["001"], "One or more of the given values is invalid."),
        ([], "This collection should contain 1 elements or more."),
        ([{}] * 501, "This collection should contain 500 elements or less."),
    ],
)
async def test_what_is_no_list_of_lines_is_refused(shop, ada, items, message):
    response = await shop.call("POST", PATH, {"items": items}, by=ada)

    assert response.status_code == 422
    assert message in details(response)[0]
    assert details(response)[0].startswith("items => ")


@rule("reorder-1", "auth-4")
async def test_a_reorder_needs_a_live_session(shop, ada):
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)

    response = await shop.call("POST", PATH, {"items": 1}, by=ada)

    assert only_error(response) == (401, "001", "Invalid access token.")


@rule("reorder-6", "idem-1")
async def test_a_repeated_reorder_tells_the_cart_once(shop, ada):
    key = {"Idempotency-Key": "once"}

    answers = [await shop.call("POST", PATH, {}, by=ada, headers=key) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert len(await told(shop)) == 1


@rule("agent-12")
async def test_an_agent_orders_again_for_a_customer(shop, ada):
    response = await shop.call("POST", PATH, {}, by=await shop.impersonate(ada))

    assert response.status_code == 201
    assert len(await told(shop)) == 1
