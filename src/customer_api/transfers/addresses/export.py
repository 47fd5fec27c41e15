"""What an export writes of addresses."""

from typing import Final

from sqlalchemy import bindparam, func, select

from customer_api.addresses.models import AddressRow
from customer_api.audit.models import Action
from customer_api.customers.models import CustomerRow
from customer_api.transfers.addresses.columns import COLUMNS, FIELDS
from customer_api.transfers.exporter import ExportKind

# Those of anonymized customers are hidden, too.
_IS_LEFT: Final = AddressRow.deleted_at.is_(None)
_COUNT: Final = select(func.count()).select_from(AddressRow).where(_IS_LEFT)
_PAGE: Final = (
    select(
        AddressRow.id,
        AddressRow.uuid,
        CustomerRow.reference,
        *(getattr(AddressRow, name) for name in FIELDS),
        func.coalesce(CustomerRow.default_billing_address_id == AddressRow.id, False),
        func.coalesce(CustomerRow.default_shipping_address_id == AddressRow.id, False),
    )
    .join(CustomerRow, CustomerRow.id == AddressRow.customer_id)
    .where(_IS_LEFT, AddressRow.id > bindparam("after"))
    .order_by(AddressRow.id)
    .limit(bindparam("most"))
)


class AddressExport(ExportKind):
    """All addresses but removed ones and those of anonymized customers."""

    action = Action.ADDRESSES_FILE_EXPORTED
    columns = COLUMNS
    counting = _COUNT
    paging = _PAGE
