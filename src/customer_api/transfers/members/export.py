"""What an export writes of members of groups."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, select, tuple_
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.customers.models import CustomerRow
from customer_api.groups.models import GroupRow, MemberRow
from customer_api.transfers.cells import moment_cell
from customer_api.transfers.exporter import Cells, ExportKind
from customer_api.transfers.members.columns import COLUMNS


class MemberExport(ExportKind):
    """All members of all groups; anonymized customers are in none."""

    action = Action.GROUP_MEMBERS_FILE_EXPORTED
    columns = COLUMNS
    counting = select(func.count()).select_from(MemberRow)
    ids = 2
    paging = (
        select(
            MemberRow.group_id,
            MemberRow.customer_id,
            GroupRow.name,
            CustomerRow.reference,
            MemberRow.added_at,
        )
        .join(GroupRow, GroupRow.id == MemberRow.group_id)
        .join(CustomerRow, CustomerRow.id == MemberRow.customer_id)
        .where(
            tuple_(MemberRow.group_id, MemberRow.customer_id)
            > tuple_(bindparam("after"), bindparam("after2"))
        )
        .order_by(MemberRow.group_id, MemberRow.customer_id)
        .limit(bindparam("most"))
    )

    @override
    def cells(self, values: Sequence[Any]) -> Cells:
        name, reference, added_at = values
        return name, reference, moment_cell(added_at)
