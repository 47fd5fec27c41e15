"""What an export writes of customers."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, null, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.credentials.models import CredentialRow
from customer_api.customers.models import CustomerRow
from customer_api.transfers.cells import day_cell, moment_cell
from customer_api.transfers.customers.columns import COLUMNS, PASSWORD
from customer_api.transfers.exporter import Cells, ExportKind

_IS_LEFT: Final = CustomerRow.anonymized_at.is_(None)
_COUNT: Final = select(func.count()).select_from(CustomerRow).where(_IS_LEFT)


def _page(password_hash: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - a column or NULL
    row = CustomerRow
    return (
        select(
            row.id,
            row.reference,
            row.locale,
            row.phone,
            row.email,
            row.salutation,
            row.first_name,
            row.last_name,
            row.company,
            row.gender,
            row.date_of_birth,
            password_hash,
            row.registered_at,
        )
        .where(_IS_LEFT, row.id > bindparam("after"))
        .order_by(row.id)
        .limit(bindparam("most"))
    )


_PAGE: Final = _page(null())
_PAGE_WITH_PASSWORDS: Final = _page(CredentialRow.password_hash).outerjoin_from(
    CustomerRow, CredentialRow, CredentialRow.customer_id == CustomerRow.id
)


class CustomerExport(ExportKind):
    """All customers but those who were anonymized."""

    action = Action.CUSTOMERS_FILE_EXPORTED
    columns = COLUMNS
    literal = frozenset({PASSWORD})
    counting = _COUNT

    def __init__(self, *, has_passwords: bool) -> None:
        """Decide on whether digests are written; else their column is empty."""
        self.paging = _PAGE_WITH_PASSWORDS if has_passwords else _PAGE
        self._has_passwords = has_passwords

    @property
    @override
    def noted(self) -> tuple[str, ...]:
        return tuple(it for it in COLUMNS if it != PASSWORD or self._has_passwords)

    @override
    def cells(self, values: Sequence[Any]) -> Cells:
        *texts, born_on, password_hash, registered_at = values
        return (*texts, day_cell(born_on), password_hash, moment_cell(registered_at))
