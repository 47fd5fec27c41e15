"""Orders that the order system pushes, and operators look at."""

import asyncio

import pytest

from customer_api.operators.scopes import Role, Scope
from customer_api.orders.models import OrderRow
from tests.back_office.conftest import BASE
from tests.contract.texts import ONE_DATABASE
from tests.order_system import item, order
from tests.shop import details, only_error
from tests.tables import connect, rows

PATH = "/orders/DE--1"
NOT_FOUND = (404, "1227", "Order not found.")


def of(answer):
    return answer.json()["data"]


def references_of(answer):
    return [it["id"] for it in of(answer)]


def push(office, reference="DE--1", *, headers=None, token=None, **changes):
    attributes = order(**changes)
    return office.call("PUT", f"/orders/{reference}", attributes, headers=headers, token=token)


async def test_an_order_is_shown_as_it_was_pushed(office):
    customer = await office.customer()

    created = await push(office, customerReference=customer, shippingAddress={"comment": "Bell"})
    read = await office.call("GET", PATH)

    prices = dict.fromkeys(("unitGrossPrice", "sumGrossPrice", "unitNetPrice", "sumNetPrice"))
    shown = of(read)["attributes"]
    assert created.status_code == 201
    assert created.headers["etag"] == read.headers["etag"] == '"1"'
    assert of(created) == of(read)
    assert (of(read)["type"], of(read)["id"]) == ("orders", "DE--1")
    assert of(read)["links"] == {"self": f"{BASE}{PATH}"}
    assert list(shown) == [
        "customerReference",
        "placedAt",
        "currency",
        "priceMode",
        "state",
        "totals",
        "createdAt",
        "updatedAt",
        "items",
        "expenses",
        "payments",
        "shipments",
        "billingAddress",
        "shippingAddress",
    ]
    assert shown["customerReference"] == customer
    assert shown["placedAt"] == "2026-03-01 10:00:00.000000"
    assert shown["totals"] == order()["totals"] | {"canceledTotal": None, "remunerationTotal": None}
    assert shown["items"] == [item() | prices | {"state": None}]
    assert shown["expenses"] == [order()["expenses"][0] | prices]
    assert shown["payments"] == order()["payments"]
    assert shown["shipments"][0]["deliveryTime"] is None
    assert shown["billingAddress"]["city"] == "Berlin"
    assert {it for it in shown["billingAddress"].values() if it} == {"Ada", "Example", "Berlin"}
    assert shown["shippingAddress"]["comment"] == "Bell"


async def test_the_same_content_again_is_no_change(office):
    customer = await office.customer()
    await push(office, customerReference=customer)
    office.shop.clock.advance(minutes=1)

    again = await push(office, customerReference=customer, placedAt="2026-03-01T11:00:00+01:00")

    assert (again.status_code, again.headers["etag"]) == (200, '"1"')
    assert of(again)["attributes"]["updatedAt"] == "2026-03-14 09:26:53.589793"
    assert await office.trail("DE--1") == [("order.created", "")]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "shipped"},
        {"items": [item(quantity=3)]},
        {"items": [item(), item()]},
        {"billingAddress": {"city": "Bonn"}},
        {"billingAddress": None},
        {"shippingAddress": {"city": "Bonn"}},
        {"payments": []},
        {"totals": order()["totals"] | {"canceledTotal": 0}},
        {"placedAt": "2026-03-01T10:00:01Z"},
    ],
)
async def test_another_content_replaces_all_that_was_there(office, changes):
    customer = await office.customer()
    await push(office, customerReference=customer)
    office.shop.clock.advance(minutes=1)

    replaced = await push(office, customerReference=customer, **changes)
    read = await office.call("GET", PATH)

    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')
    assert of(replaced) == of(read)
    assert of(read)["attributes"]["updatedAt"] == "2026-03-14 09:27:53.589793"
    assert (await office.trail("DE--1"))[1:] == [("order.replaced", "")]


async def test_nothing_but_what_is_declared_is_stored(office):
    address = {"city": "Berlin", "email": "canary@shop.example"}
    await push(office, billingAddress=address, items=[item(note="canary")], hint="canary")

    (row,) = await rows(office.shop, OrderRow)

    assert "canary" not in str(row)


async def test_what_orders_are_searched_by_is_stored_folded(office):
    items = [item(name="Stra\N{LATIN SMALL LETTER SHARP S}e", sku="X1"), item(sku="X2")]
    await push(office, items=items)

    (row,) = await rows(office.shop, OrderRow)

    assert row.words.split("\n") == ["de--1", "strasse", "x1", "camera", "x2"]


async def test_an_order_of_a_guest_has_no_customer_until_it_is_pushed_with_one(office):
    guest = await push(office)
    customer = await office.customer()
    claimed = await push(office, customerReference=customer)

    listed = await office.call("GET", f"/customers/{customer}/orders")
    assert of(guest)["attributes"]["customerReference"] is None
    assert of(claimed)["attributes"]["customerReference"] == customer
    assert references_of(listed) == ["DE--1"]


@pytest.mark.parametrize("placed_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_what_is_shown_of_the_edges_of_time_can_be_pushed_again(office, placed_at):
    shown = of(await push(office, placedAt=placed_at))["attributes"]["placedAt"]

    again = await push(office, placedAt=shown)

    assert (again.status_code, of(again)["attributes"]["placedAt"]) == (200, shown)
    assert again.headers["etag"] == '"1"'


async def test_an_unknown_customer_is_refused_and_nothing_stored(office):
    answer = await push(office, customerReference="DE--X")

    assert only_error(answer) == (422, "1224", "Unknown customer reference.")
    assert answer.json()["errors"][0]["meta"] == {"value": "DE--X"}
    assert only_error(await office.call("GET", PATH)) == NOT_FOUND


@pytest.mark.parametrize("reference", ["DE--X", "x" * 65, "mine"])
async def test_an_order_that_never_came_is_not_found(office, reference):
    assert only_error(await office.call("GET", f"/orders/{reference}")) == NOT_FOUND


@pytest.mark.parametrize("reference", ["a%0Ab", "%7F", "%2E", "%2E%2E", "%20", "%C2%A0%20"])
async def test_a_reference_is_not_blank_nor_a_step_in_a_path_and_has_no_control_characters(
    office, reference
):
    assert only_error(await push(office, reference))[:2] == (422, "1228")


async def test_a_reference_in_another_encoding_is_none(office):
    answers = [await push(office, it) for it in ("M%FCller-1", "M%F6ller-1", "M%C3%BCller-1")]

    assert [it.status_code for it in answers] == [422, 422, 201]
    assert [it.reference for it in await rows(office.shop, OrderRow)] == [
        "M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller-1"
    ]


async def test_a_reference_has_64_characters_at_most(office):
    fits = await push(office, "x" * 64)
    too_long = await push(office, "x" * 65)

    assert fits.status_code == 201
    assert only_error(too_long)[:2] == (422, "1228")


@ONE_DATABASE
@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"placedAt": "yesterday"}, "placedAt => This value is not a valid datetime."),
        (
            {"placedAt": "0001-01-01T00:00:00+02:00"},
            "placedAt => This value is not a valid datetime.",
        ),
        ({"placedAt": ""}, "placedAt => This value should not be blank."),
        ({"currency": "eur"}, "currency => This value is not a valid currency."),
        ({"priceMode": "x"}, "priceMode => The value you selected is not a valid choice."),
        ({"totals": []}, "totals => This value should be of type object."),
        ({"totals": {}}, "totals.expenseTotal => This field is missing."),
        (
            {"totals": order()["totals"] | {"subtotal": 1.5}},
            "totals.subtotal => This value should be of type integer.",
        ),
        (
            {"totals": order()["totals"] | {"subtotal": 10**15 + 1}},
            "totals.subtotal => This value should be between "
            "-1000000000000000 and 1000000000000000.",
        ),
        (
            {"totals": order()["totals"] | {"subtotal": None}},
            "totals.subtotal => This value should not be null.",
        ),
        ({"items": {}}, "items => This value should be of type array."),
        ({"items": []}, "items => This collection should contain 1 elements or more."),
        (
            {"items": [item()] * 501},
            "items => This collection should contain 500 elements or less.",
        ),
        ({"items": [item(), 7]}, "items.1 => This value should be of type object."),
        (
            {"items": [item(), item(quantity=True)]},
            "items.1.quantity => This value should be of type integer.",
        ),
        (
            {"items": [item(taxRate="19")]},
            "items.0.taxRate => This value should be of type numeric.",
        ),
        (
            {"items": [item(taxRate=101)]},
            "items.0.taxRate => This value should be between 0 and 100.",
        ),
        ({"billingAddress": "x"}, "billingAddress => This value should be of type object."),
        (
            {"billingAddress": {"city": "x" * 256}},
            "billingAddress.city => This value is too long. It should have 255 characters or less.",
        ),
    ],
)
async def test_a_faulty_order_is_refused_by_path(office, changes, detail):
    answer = await push(office, **changes)

    assert answer.status_code == 422
    assert details(answer)[0] == detail
    assert await rows(office.shop, OrderRow) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [("totals", "This field is missing."), ("items", "This field is missing.")],
)
async def test_what_is_missing_is_named(office, name, message):
    absent = await push(office, **{name: None})
    null = await office.call("PUT", PATH, order() | {name: None})

    kind = "object" if name == "totals" else "array"
    assert details(absent) == [f"{name} => {message}"]
    assert details(null) == [f"{name} => This value should be of type {kind}."]


async def test_a_large_order_fits_and_a_huge_one_does_not(office):
    large = await push(office, items=[item(name="x" * 255)] * 500)
    huge = await push(office, state="x" * 600_000)

    assert (large.status_code, huge.status_code) == (201, 413)


@pytest.mark.parametrize("new", [{"If-Match": '"0"'}, {"If-None-Match": "*"}])
async def test_nobody_overwrites_what_they_have_not_seen(office, new):
    old = {"If-Match": '"1"'}

    created = await push(office, headers=new)
    too_late = await push(office, headers=new, state="shipped")
    replaced = await push(office, headers=old, state="shipped")
    missing = await push(office, "DE--2", headers=old)

    assert [it.status_code for it in (created, replaced)] == [201, 200]
    assert only_error(too_late)[:2] == only_error(missing)[:2] == (412, "1232")


async def test_who_expects_an_order_creates_none(office):
    expecting = {"If-Match": "*"}

    missing = await push(office, headers=expecting)
    await push(office)
    replaced = await push(office, headers=expecting, state="shipped")

    assert only_error(missing)[:2] == (412, "1232")
    assert (replaced.status_code, replaced.headers["etag"]) == (200, '"2"')


async def test_of_several_first_pushes_at_once_one_creates(office):
    customer = await office.customer()
    await connect(office.shop)

    answers = await asyncio.gather(
        *(push(office, customerReference=customer) for _ in range(3)),
        *(push(office, "DE--2") for _ in range(3)),
    )

    assert sorted(it.status_code for it in answers) == [200] * 4 + [201] * 2
    assert len(await rows(office.shop, OrderRow)) == 2


async def test_a_customers_orders_come_in_pages_the_last_one_first(office):
    customer, other = await office.customer(), await office.customer("bob@shop.example")
    for number, day in enumerate((2, 4, 1, 4, 3)):
        placed_at = f"2026-03-0{day}T00:00:00Z"
        await push(office, f"A{number}", customerReference=customer, placedAt=placed_at)
        await push(office, f"B{number}", customerReference=other, placedAt=placed_at)
    path = f"/customers/{customer}/orders"

    first = await office.call("GET", f"{path}?page[size]=2")
    second = await office.call("GET", first.json()["links"]["next"].removeprefix(BASE))
    third = await office.call("GET", second.json()["links"]["next"].removeprefix(BASE))
    back = await office.call("GET", third.json()["links"]["prev"].removeprefix(BASE))

    pages = [references_of(it) for it in (first, second, third, back)]
    assert pages == [["A3", "A1"], ["A4", "A0"], ["A2"], ["A4", "A0"]]
    assert list(of(first)[0]["attributes"]) == [
        "customerReference",
        "placedAt",
        "currency",
        "priceMode",
        "state",
        "totals",
        "createdAt",
        "updatedAt",
    ]
    bad = await office.call("GET", f"{path}?page[after]=b3JkZXJzOkIw")  # of another customer
    assert only_error(bad)[:2] == (400, "1203")
    unknown = await office.call("GET", "/customers/x/orders")
    assert only_error(unknown)[:2] == (404, "1201")


async def test_looking_at_an_order_is_an_event_about_its_customer(office):
    customer = await office.customer()
    await push(office, customerReference=customer)
    await push(office, "DE--2")

    await office.call("GET", PATH)
    await office.call("GET", f"/customers/{customer}/orders")
    await office.call("GET", "/orders/DE--2")

    assert (await office.trail(customer))[1:] == [("order.read", ""), ("order.read", "")]
    assert (await office.trail("DE--2"))[1:] == [("order.read", "")]


async def test_who_only_reads_pushes_nothing(office):
    await office.operator("su@shop.example", Role.SUPPORT)
    support = await office.token_of("su@shop.example")
    system = await office.client_token(await office.client(Scope.ORDERS_WRITE))

    refused = await push(office, token=support)
    pushed = await push(office, token=system)
    read = await office.call("GET", PATH, token=support)
    unread = await office.call("GET", PATH, token=system)

    assert only_error(refused)[:2] == only_error(unread)[:2] == (403, "1240")
    assert (pushed.status_code, read.status_code) == (201, 200)


async def test_a_repeated_request_is_answered_alike_until_the_customer_is_erased(office):
    account = await office.shop.account()
    once = {"Idempotency-Key": "a"}
    owner = {"customerReference": account.reference}

    first = await push(office, headers=once, **owner)
    second = await push(office, headers=once, **owner)
    await office.shop.call("DELETE", f"/customers/{account.reference}", by=account)
    third = await push(office, headers=once, **owner)
    anew = await push(office, **owner)
    guest = [await push(office, "DE--2", headers={"Idempotency-Key": "b"}) for _ in range(2)]

    assert [it.status_code for it in (first, second, third, anew)] == [201, 201, 422, 200]
    assert first.content == second.content
    assert only_error(third)[:2] == (422, "1241")
    assert [it.status_code for it in guest] == [201, 201]


async def test_an_order_outlives_its_customer_with_its_addresses(office):
    account = await office.shop.account()
    owner = {"customerReference": account.reference}
    created = await push(office, **owner)
    path = f"/customers/{account.reference}"
    export = await office.call("GET", f"{path}/personal-data")
    preview = await office.call("POST", f"{path}/erasure-previews")

    await office.shop.call("DELETE", path, by=account)

    (exported,) = of(export)["attributes"]["orders"]
    assert exported["billingAddress"]["city"] == "Berlin"
    assert exported["content"]["items"][0]["sku"] == "001"
    assert of(preview)["attributes"]["kept"]["orders"]["rows"] == 1
    assert of(await office.call("GET", PATH)) == of(created)
    assert references_of(await office.call("GET", f"{path}/orders")) == ["DE--1"]
    returned = await push(office, state="returned", **owner)
    assert returned.status_code == 200
