import json

import pytest
from sqlalchemy import update

from customer_api.customers.models import CustomerRow
from customer_api.orders.models import OrderRow
from customer_api.transfers.report import ImportSummary, Refusal
from customer_api.transfers.rows import Format
from tests.tables import rows
from tests.transfers.conftest import exported, import_content
from tests.transfers.files import PASSWORD, customer
from tests.transfers.kinds import EXPORTS, import_rows_of, importing, order


@pytest.fixture(autouse=True)
async def owners(import_rows):
    await import_rows(customer(1), customer(2))


async def import_json(shop, *orders):
    content = "".join(json.dumps(it) + "\n" for it in orders).encode()
    return await import_content(shop, importing(shop, "orders"), content, Format.NDJSON)


def nested(row):
    """Return an order as an object of JSON has it."""
    return {
        name: json.loads(cell) if cell[:1] in {"[", "{"} else cell or None
        for name, cell in row.items()
    }


async def test_an_order_is_nested_in_json_and_a_cell_of_json_in_csv(shop):
    await import_rows_of(shop, "orders", order(1))

    summary, refusals = await import_json(shop, nested(order(1)), nested(order(2)))

    first, second = await rows(shop, OrderRow)
    assert (summary, refusals) == (ImportSummary(created=1, unchanged=1), [])
    assert (first.content, first.totals) == (second.content, second.totals)
    assert first.words == "o-1\nlamp\n1"
    line, _ = (await exported(shop, EXPORTS["orders"], Format.NDJSON)).splitlines()
    assert json.loads(line)["items"][0]["taxRate"] == 19.5


async def test_a_row_replaces_the_whole_order(shop):
    await import_rows_of(shop, "orders", order(1), order(2))
    shop.clock.advance(days=1)

    summary, _ = await import_rows_of(
        shop, "orders", order(2), order(1, "DE--2", state="returned", payments="")
    )

    first, second = await rows(shop, OrderRow)
    assert summary == ImportSummary(updated=1, unchanged=1)
    assert (first.state, first.content["payments"], first.version) == ("returned", [], 2)
    assert first.customer_id != second.customer_id


@pytest.mark.parametrize("form", Format)
async def test_the_largest_order_is_exported_and_read_again(shop, form):
    item = {"quantity": 1, "unitPrice": -(10**15), "sumPrice": -(10**15), "taxRate": 1e-5}
    texts = dict.fromkeys(("sku", "name", "state"), "\x01" * 255)  # JSON makes six of each
    await import_json(shop, nested(order(1)))
    (row,) = await rows(shop, OrderRow)
    content = {**row.content, "items": [{**row.content["items"][0], **item, **texts}] * 500}
    statement = update(OrderRow).values(content=content)
    await shop.container.units.write(lambda it: it.execute(statement))

    file = await exported(shop, EXPORTS["orders"], form)
    summary, refusals = await import_content(shop, importing(shop, "orders"), file, form)

    assert (summary, refusals) == (ImportSummary(unchanged=1), [])


async def test_an_order_of_an_erased_customer_stays_with_the_empty_row(shop):
    await import_rows_of(shop, "orders", order(1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.call("DELETE", "/customers/DE--1", by=account)

    content = await exported(shop, EXPORTS["orders"])
    summary, _ = await import_content(shop, importing(shop, "orders"), content)

    assert b"O-1,DE--1," in content
    assert summary == ImportSummary(unchanged=1)


async def test_orders_follow_the_rules_of_the_back_office(shop):
    _, refusals = await import_rows_of(
        shop,
        "orders",
        order(1, currency="euro"),
        order(2, items="[]"),
        order(3, items="{}"),
        order(4, totals="[1"),
        order(5, items='[{"sku": "Ada"}]'),
        order(6, order_reference="a/b"),
        order(7, state="new\0"),
        order(8, "DE\0--1"),
        order(9, placed_at="yesterday", billing_address='{"city": 1}'),
    )

    assert refusals == [
        Refusal(2, "DE--1", "currency: This value is not a valid currency."),
        Refusal(3, "DE--1", refusals[1].reason),
        Refusal(4, "DE--1", "items: not a JSON array"),
        Refusal(5, "DE--1", "totals: not JSON in UTF-8"),
        Refusal(6, "DE--1", refusals[4].reason),
        Refusal(7, "DE--1", "order_reference: This value is not a valid reference."),
        Refusal(8, "DE--1", "state: NUL characters are refused"),
        Refusal(9, None, "customer_reference: NUL characters are refused"),
        Refusal(
            10,
            "DE--1",
            "placed_at: This value is not a valid datetime.; "
            "billing_address.city: This value should be of type string.",
        ),
    ]
    assert "items.0.name: This field is missing." in refusals[4].reason
    assert "Ada" not in refusals[4].reason


async def test_an_order_of_a_guest_is_exported_and_read_with_its_address(shop):
    await import_rows_of(shop, "orders", order(1, "", guest_email="Guest@Shop.example"))

    content = await exported(shop, EXPORTS["orders"])
    summary, _ = await import_content(shop, importing(shop, "orders"), content)

    (row,) = await rows(shop, OrderRow)
    assert b"O-1,,guest@shop.example," in content
    assert (summary, row.guest_email_key) == (ImportSummary(unchanged=1), "guest@shop.example")


async def test_a_row_of_a_guest_leaves_an_order_to_who_claimed_it(shop):
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    guest = order(1, "", guest_email="person.1@shop.example")
    await import_rows_of(shop, "orders", guest)
    proven = update(CustomerRow).values(proven_email_key=CustomerRow.email_key)
    await shop.container.units.write(lambda it: it.execute(proven))
    await shop.call("POST", "/customers/DE--1/order-claims", {}, by=account)

    same, _ = await import_rows_of(shop, "orders", guest)
    other, _ = await import_rows_of(shop, "orders", guest | {"state": "returned"})

    (row,) = await rows(shop, OrderRow)
    assert (same, other) == (ImportSummary(unchanged=1), ImportSummary(updated=1))
    assert (row.state, row.guest_email_key) == ("returned", None)
    assert row.customer_id is not None
