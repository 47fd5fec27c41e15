"""What an export writes of groups."""

from sqlalchemy import bindparam, func, select

from customer_api.audit.models import Action
from customer_api.groups.models import GroupRow
from customer_api.transfers.exporter import ExportKind
from customer_api.transfers.groups.columns import COLUMNS


class GroupExport(ExportKind):
    """All groups, without their members."""

    action = Action.GROUPS_FILE_EXPORTED
    columns = COLUMNS
    counting = select(func.count()).select_from(GroupRow)
    paging = (
        select(GroupRow.id, GroupRow.uuid, GroupRow.name, GroupRow.description)
        .where(GroupRow.id > bindparam("after"))
        .order_by(GroupRow.id)
        .limit(bindparam("most"))
    )
