"""Importing orders. Like the pushes of an order system a row replaces the whole order."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.customers.models import CustomerRow
from customer_api.orders.content import as_claimed, values_of
from customer_api.orders.models import OrderRow
from customer_api.orders.repository import CONTENT, IS_CLOSED
from customer_api.transfers.columns import Columns
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.orders.columns import CheckOrder, OrderRecord, parse_order
from customer_api.transfers.owners import NO_CUSTOMER, lock_owners
from customer_api.transfers.plan import RowPlan
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

_STORED: Final = (
    select(
        OrderRow.id, OrderRow.reference, IS_CLOSED, *(getattr(OrderRow, name) for name in CONTENT)
    )
    .outerjoin(CustomerRow, CustomerRow.id == OrderRow.customer_id)
    .where(OrderRow.reference.in_(bindparam("references", expanding=True)))
)
_ADD: Final = insert(OrderRow)
_REPLACE: Final = (
    update(OrderRow)
    .where(OrderRow.id == bindparam("of"))
    .values(
        {name: bindparam(f"new_{name}") for name in (*CONTENT, "words")}
        | {"updated_at": bindparam("now"), "version": OrderRow.version + 1}
    )
)


class OrderImport(ImportKind[OrderRecord]):
    """Stores orders of customers who exist, anonymized ones included, and of guests."""

    action = Action.ORDERS_FILE_IMPORTED

    def __init__(self, columns: Columns, *, check: CheckOrder, clock: Clock) -> None:
        """Take collaborators.

        Args:
            columns: those of the file.
            check: the rules of orders.
            clock: tells when things were changed.
        """
        self.columns = columns
        self._check = check
        self._clock = clock

    @override
    def parse(self, row: Row) -> OrderRecord | Refusal:
        return parse_order(self.columns, self._check, row)

    @override
    def plan(self, connection: Connection, records: Sequence[OrderRecord]) -> RowPlan:
        owners = lock_owners(connection, (it.reference for it in records if it.reference))
        parameters = {"references": [it.order.reference for it in records]}
        stored = {row.reference: row for row in connection.execute(_STORED, parameters)}
        plan = RowPlan()
        # By reference, as at a push, so that two writers of the same orders do not wait for each other.
        changes: dict[str, tuple[int, Mapping[str, object]]] = {}
        for record in records:
            reference = record.order.reference
            owner = owners.get(record.reference) if record.reference else None
            if owner is None and record.reference is not None:
                plan.refuse(record, NO_CUSTOMER)
                continue
            values = values_of(record.order, None if owner is None else owner.id)
            found: Any = stored.get(reference)
            if found is None:
                plan.new.append({"reference": reference, **values})
                continue
            values = as_claimed(values, customer_id=found.customer_id, is_closed=found.is_closed)
            if all(getattr(found, name) == values[name] for name in CONTENT):
                plan.unchanged += 1
            else:
                changes[reference] = (found.id, values)
        plan.changed = dict(changes[it] for it in sorted(changes))
        return plan

    @override
    def write(self, connection: Connection, records: Sequence[OrderRecord]) -> RowPlan:
        plan = self.plan(connection, records)
        now = self._clock.now()
        if plan.new:
            common = {"created_at": now, "updated_at": now, "version": 1}
            connection.execute(_ADD, [{**values, **common} for values in plan.new])
        if plan.changed:
            parameters = [
                {"of": id_, "now": now} | {f"new_{name}": value for name, value in values.items()}
                for id_, values in plan.changed.items()
            ]
            connection.execute(_REPLACE, parameters)
        return plan
