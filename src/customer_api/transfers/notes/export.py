"""What an export writes of notes."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.customers.models import CustomerRow
from customer_api.notes.models import NoteRow
from customer_api.transfers.cells import moment_cell
from customer_api.transfers.exporter import Cells, ExportKind
from customer_api.transfers.notes.columns import COLUMNS

_IS_LEFT: Final = NoteRow.text.is_not(None)


class NoteExport(ExportKind):
    """All notes but those about anonymized customers."""

    action = Action.NOTES_FILE_EXPORTED
    columns = COLUMNS
    counting = select(func.count()).select_from(NoteRow).where(_IS_LEFT)
    paging = (
        select(
            NoteRow.id,
            NoteRow.uuid,
            CustomerRow.reference,
            NoteRow.author_kind,
            NoteRow.author,
            NoteRow.created_at,
            NoteRow.text,
        )
        .join(CustomerRow, CustomerRow.id == NoteRow.customer_id)
        .where(_IS_LEFT, NoteRow.id > bindparam("after"))
        .order_by(NoteRow.id)
        .limit(bindparam("most"))
    )

    @override
    def cells(self, values: Sequence[Any]) -> Cells:
        *others, created_at, text = values
        return (*others, moment_cell(created_at), text)
