"""What an export writes of anonymized customers."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.customers.models import CustomerRow
from customer_api.transfers.cells import moment_cell
from customer_api.transfers.erasures.columns import COLUMNS
from customer_api.transfers.exporter import Cells, ExportKind

_IS_ERASED: Final = CustomerRow.anonymized_at.is_not(None)


class ErasureExport(ExportKind):
    """All anonymized customers."""

    action = Action.ERASURES_FILE_EXPORTED
    columns = COLUMNS
    counting = select(func.count()).select_from(CustomerRow).where(_IS_ERASED)
    paging = (
        select(
            CustomerRow.id,
            CustomerRow.reference,
            CustomerRow.created_at,
            CustomerRow.anonymized_at,
        )
        .where(_IS_ERASED, CustomerRow.id > bindparam("after"))
        .order_by(CustomerRow.id)
        .limit(bindparam("most"))
    )

    @override
    def cells(self, values: Sequence[Any]) -> Cells:
        reference, created_at, anonymized_at = values
        return reference, moment_cell(created_at), moment_cell(anonymized_at)
