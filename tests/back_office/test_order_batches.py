"""Batches of orders: each is stored whole, and tells its own faults."""

import asyncio

import pytest

from customer_api.audit import repository as audit
from customer_api.operators.scopes import Role
from customer_api.orders.models import OrderRow
from tests.order_system import item, order
from tests.shop import details, only_error
from tests.tables import connect, rows

TYPE = "order-batches"


def push(office, *orders, **more):
    return office.call("POST", "/orders", {"orders": list(orders)}, resource_type=TYPE, **more)


def results_of(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["attributes"]["results"]


def outcomes_of(answer):
    return [(it["reference"], it["outcome"]) for it in results_of(answer)]


async def test_a_batch_answers_for_each_order(office):
    customer = await office.customer()
    owner = {"customerReference": customer}
    await push(office, order(reference="B", **owner), order(reference="C", **owner))

    answer = await push(
        office,
        order(reference="C", state="shipped"),
        order(reference="A", **owner),
        order(reference="B", **owner),
    )

    assert answer.json()["data"]["type"] == TYPE
    assert answer.json()["data"]["id"] is None
    assert outcomes_of(answer) == [("C", "replaced"), ("A", "created"), ("B", "unchanged")]
    assert {it.reference: (it.state, it.version) for it in await rows(office.shop, OrderRow)} == {
        "A": ("new", 1),
        "B": ("new", 1),
        "C": ("shipped", 2),
    }
    assert await office.trail("C") == [("order.created", ""), ("order.replaced", "")]
    assert await office.trail("B") == [("order.created", "")]


async def test_faulty_orders_are_told_and_the_others_stored(office):
    answer = await push(
        office,
        order(reference="A", customerReference="DE--X"),
        order(reference="B", items=[item(), item(sku="")]),
        order(reference="C"),
        order(),
        order(reference=7),
        order(reference="a/b"),
        {},
    )

    unknown, faulty, good, nameless, seven, slash, empty = results_of(answer)
    assert unknown == {
        "reference": "A",
        "outcome": "refused",
        "errors": [
            {
                "code": "1224",
                "status": 422,
                "detail": "Unknown customer reference.",
                "meta": {"value": "DE--X"},
            }
        ],
    }
    assert faulty["errors"] == [
        {"code": "1202", "status": 422, "detail": "items.1.sku => This value should not be blank."}
    ]
    assert good == {"reference": "C", "outcome": "created", "errors": []}
    assert (nameless["reference"], nameless["errors"][0]["detail"]) == (
        None,
        "reference => This field is missing.",
    )
    assert (seven["reference"], seven["outcome"]) == (None, "refused")
    assert slash["errors"][0]["detail"] == "reference => This value is not a valid reference."
    assert len(empty["errors"]) == 7
    assert [it.reference for it in await rows(office.shop, OrderRow)] == ["C"]


async def test_of_two_with_the_same_reference_the_later_stays(office):
    answer = await push(
        office, order(reference="A", state="late"), order(reference="A", state="early")
    )

    assert outcomes_of(answer) == [("A", "created"), ("A", "replaced")]
    (row,) = await rows(office.shop, OrderRow)
    assert row.state == "early"


async def test_a_batch_without_a_good_order_stores_nothing(office):
    answer = await push(office, {}, {})

    assert {it["outcome"] for it in results_of(answer)} == {"refused"}


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        (None, "This value should be of type array."),
        ({}, "This value should be of type array."),
        ([], "This collection should contain 1 elements or more."),
        ([{}] * 101, "This collection should contain 100 elements or less."),
        ([1], "One or more of the given values is invalid."),
    ],
)
async def test_what_is_no_batch_is_refused_as_a_whole(office, orders, message):
    answer = await office.call("POST", "/orders", {"orders": orders}, resource_type=TYPE)

    assert (answer.status_code, details(answer)) == (422, [f"orders => {message}"])


async def test_a_batch_that_is_too_large_is_refused(office):
    answer = await push(office, order(reference="A", state="x" * (1 << 20)))

    assert answer.status_code == 413


async def test_batches_with_the_same_orders_do_not_wait_for_each_other(office):
    people = [await office.customer(f"{name}@shop.example") for name in ("ada", "bob")]
    orders = [
        order(reference=f"A{number}", customerReference=people[number % 2]) for number in range(4)
    ] + [order(reference=f"G{number}") for number in range(4)]
    await connect(office.shop)

    answers = await asyncio.gather(
        *(push(office, *(orders[::-1] if turned else orders)) for turned in (0, 1, 0, 1))
    )

    assert {it.status_code for it in answers} == {200}
    outcomes = [outcome for it in answers for _, outcome in outcomes_of(it)]
    assert sorted(outcomes) == ["created"] * 8 + ["unchanged"] * 24


async def test_who_only_reads_pushes_nothing(office):
    await office.operator("su@shop.example", Role.SUPPORT)

    answer = await push(
        office, order(reference="A"), token=await office.token_of("su@shop.example")
    )

    assert only_error(answer)[:2] == (403, "1240")
    assert await rows(office.shop, OrderRow) == []


async def test_a_repeated_batch_is_answered_alike(office):
    once = {"Idempotency-Key": "a"}

    answers = [await push(office, order(reference="A"), headers=once) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert outcomes_of(answers[0]) == [("A", "created")]


async def test_the_events_of_a_batch_are_noted_together(office, monkeypatch):
    noted = []
    add_each = audit.add_each
    monkeypatch.setattr(
        audit, "add_each", lambda *args, **more: (noted.append(args[2]), add_each(*args, **more))
    )

    await push(office, *(order(reference=it) for it in "ABA"), order(reference="B", state="late"))

    assert noted == ["order.created", "order.replaced"]
    assert await office.trail("B") == [("order.created", ""), ("order.replaced", "")]
