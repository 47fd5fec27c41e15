"""What an export writes of orders."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.customers.models import CustomerRow
from customer_api.orders.models import OrderRow
from customer_api.transfers.cells import moment_cell
from customer_api.transfers.exporter import Cells, ExportKind
from customer_api.transfers.orders.columns import COLUMNS, LISTS


class OrderExport(ExportKind):
    """All orders, those of guests and of anonymized customers included."""

    action = Action.ORDERS_FILE_EXPORTED
    columns = COLUMNS
    counting = select(func.count()).select_from(OrderRow)
    paging = (
        select(
            OrderRow.id,
            OrderRow.reference,
            CustomerRow.reference,
            OrderRow.guest_email_key,
            OrderRow.placed_at,
            OrderRow.currency,
            OrderRow.price_mode,
            OrderRow.state,
            OrderRow.totals,
            OrderRow.billing_address,
            OrderRow.shipping_address,
            OrderRow.content,
        )
        .outerjoin(CustomerRow, CustomerRow.id == OrderRow.customer_id)
        .where(OrderRow.id > bindparam("after"))
        .order_by(OrderRow.id)
        .limit(bindparam("most"))
    )

    @override
    def cells(self, values: Sequence[Any]) -> Cells:
        reference, customer, guest, placed_at, *others, content = values
        lists = (content[name] for name in LISTS)
        return (reference, customer, guest, moment_cell(placed_at), *others, *lists)
