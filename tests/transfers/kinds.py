"""All kinds of files, and examples of them."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from customer_api.api.v1 import countries
from customer_api.cli.order_check import order_check
from customer_api.core.ids import random_uuid
from customer_api.newsletter import type_repository
from customer_api.transfers.addresses.columns import address_columns
from customer_api.transfers.addresses.export import AddressExport
from customer_api.transfers.addresses.importing import AddressImport
from customer_api.transfers.customers.export import CustomerExport
from customer_api.transfers.erasures.columns import erasure_columns
from customer_api.transfers.erasures.export import ErasureExport
from customer_api.transfers.erasures.importing import ErasureImport
from customer_api.transfers.exporter import ExportKind
from customer_api.transfers.groups.columns import group_columns
from customer_api.transfers.groups.export import GroupExport
from customer_api.transfers.groups.importing import GroupImport
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.members.columns import member_columns
from customer_api.transfers.members.export import MemberExport
from customer_api.transfers.members.importing import MemberImport
from customer_api.transfers.notes.columns import note_columns
from customer_api.transfers.notes.export import NoteExport
from customer_api.transfers.notes.importing import NoteImport
from customer_api.transfers.orders.columns import order_columns
from customer_api.transfers.orders.export import OrderExport
from customer_api.transfers.orders.importing import OrderImport
from customer_api.transfers.report import ImportSummary, Refusal
from customer_api.transfers.subscriptions.columns import subscription_columns
from customer_api.transfers.subscriptions.export import SubscriptionExport
from customer_api.transfers.subscriptions.importing import SubscriptionImport
from tests.shop import START, Shop
from tests.transfers.conftest import customer_import, import_content
from tests.transfers.files import address, customer, customers_file

EXPORTS: dict[str, ExportKind] = {
    "erasures": ErasureExport(),
    "customers": CustomerExport(has_passwords=True),
    "addresses": AddressExport(),
    "groups": GroupExport(),
    "members": MemberExport(),
    "notes": NoteExport(),
    "subscriptions": SubscriptionExport(),
    "orders": OrderExport(),
}
"""In the order in which they must be imported."""


def importing(shop: Shop, name: str) -> ImportKind[Any]:
    """Return what imports a kind into a shop."""
    clock, now = shop.clock, shop.clock.now()
    check = order_check(now.date())
    locales = shop.container.settings.locales
    kinds: dict[str, ImportKind[Any]] = {
        "erasures": ErasureImport(erasure_columns(now=now), store="DE"),
        "customers": customer_import(shop),
        "addresses": AddressImport(address_columns(countries.is_known), clock=clock),
        "groups": GroupImport(group_columns(), clock=clock),
        "members": MemberImport(member_columns(now=now), clock=clock),
        "notes": NoteImport(note_columns(now=now), clock=clock),
        "subscriptions": SubscriptionImport(
            subscription_columns(locales=locales, now=now), clock=clock, locale=locales[0]
        ),
        "orders": OrderImport(order_columns(), check=check, clock=clock),
    }
    return kinds[name]


async def import_rows_of(
    shop: Shop, name: str, *rows: dict[str, str]
) -> tuple[ImportSummary, list[Refusal]]:
    """Import a CSV file of these rows."""
    return await import_content(shop, importing(shop, name), customers_file(*rows))


def erasure(number: int, **changes: str) -> dict[str, str]:
    """Return a valid row with every column."""
    row = {"customer_reference": f"DE--{number}", "created": "2019-01-01"}
    return row | {"anonymized": "2020-06-24T10:00:00.5Z"} | changes


def group(number: int, **changes: str) -> dict[str, str]:
    """Return a valid row with every column."""
    row = {"group_uuid": f"00000000-0000-4000-8000-{number:012}", "group_name": f"Group {number}"}
    return row | {"description": ""} | changes


def member(group_number: int, number: int, **changes: str) -> dict[str, str]:
    """Return a valid row with every column."""
    row = {"group_name": f"Group {group_number}", "customer_reference": f"DE--{number}"}
    return row | {"added": "2020-06-24"} | changes


def note(number: int, owner: int = 1, **changes: str) -> dict[str, str]:
    """Return a valid row with every column."""
    return {
        "note_uuid": f"00000000-0000-4000-8000-{number:012}",
        "customer_reference": f"DE--{owner}",
        "author_kind": "operator",
        "author": "10000000-0000-4000-8000-000000000000",
        "created": "2020-06-24T10:11:12Z",
        "text": f"Note {number}",
    } | changes


def subscription(number: int, owner: str = "", **changes: str) -> dict[str, str]:
    """Return a valid row with every column; guests have no owner."""
    return {
        "newsletter_type": "News",
        "email": f"person.{number}@shop.example",
        "customer_reference": owner,
        "state": "subscribed",
        "locale": "de_DE",
        "channel": "footer",
        "text_version": "1",
        "asked": "2020-06-24T10:11:12Z",
        "confirmed": "2020-06-24T10:11:13.5Z",
        "ended": "",
        "unsubscribe_key": f"-{number:042}",
    } | changes


async def add_newsletter(shop: Shop, name: str = "News", texts: int = 1) -> None:
    """Add a newsletter as the back office does; no file holds any."""
    now = shop.clock.now()

    await shop.container.units.write(
        lambda it: insert_newsletter(it, name=name, texts=texts, now=now)
    )


def insert_newsletter(
    connection: Connection, *, name: str = "News", texts: int = 1, now: datetime = START
) -> None:
    """Add a newsletter with so many texts."""
    added = type_repository.add(
        connection,
        uuid=random_uuid(),
        name=name,
        description=None,
        consent_text="Yes",
        now=now,
    )
    assert added is not None
    for version in range(2, texts + 1):
        type_repository.add_text(connection, added.id, version, "Yes, too", now=now)
        type_repository.change(
            connection, added.id, name=name, description=None, text_version=version, now=now
        )


def order(number: int, owner: str = "DE--1", **changes: str) -> dict[str, str]:
    """Return a valid row with every column; what is nested is JSON."""
    item = {"sku": "1", "name": "Lamp", "quantity": 2, "unitPrice": 1000, "sumPrice": 2000}
    totals = dict.fromkeys(("expenseTotal", "discountTotal", "taxTotal", "subtotal"), 0)
    return {
        "order_reference": f"O-{number}",
        "customer_reference": owner,
        "guest_email": "",
        "placed_at": "2020-06-24T10:11:12Z",
        "currency": "EUR",
        "price_mode": "GROSS_MODE",
        "state": "shipped",
        "totals": json.dumps({**totals, "grandTotal": 2000}),
        "billing_address": json.dumps({"firstName": "Ada", "city": "Köln"}),
        "shipping_address": "",
        "items": json.dumps([{**item, "taxRate": 19.5}, item]),
        "expenses": "",
        "payments": json.dumps(
            [{"amount": 2000, "paymentProvider": "=P", "paymentMethod": "Card"}]
        ),
        "shipments": "",
    } | changes


EXAMPLES: dict[str, list[dict[str, str]]] = {
    "erasures": [erasure(90), erasure(91, created="2019-01-01T00:00:01Z")],
    "customers": [customer(1), customer(2, phone="+49 1", first_name="=1"), customer(3)],
    "addresses": [address(1, is_default_billing="true"), address(2, owner=2), address(3)],
    "groups": [group(1), group(2, group_name="=Big", description="-1")],
    "members": [
        member(1, 1),
        member(1, 3, added="2020-06-24T10:11:12.5Z"),
        member(2, 2, group_name="=Big"),
    ],
    "notes": [note(1), note(2, text="=1\n'+2"), note(3, author="", author_kind="command_line")],
    "subscriptions": [
        subscription(1, "DE--1"),
        subscription(2, state="unsubscribed", ended="2021-01-01", channel="=1"),
        subscription(3, state="bounced", confirmed="", ended="2021-01-01T00:00:00.000001Z"),
    ],
    "orders": [order(1), order(2, ""), order(3, "DE--90"), order(4, order_reference="=1 é")],
}
