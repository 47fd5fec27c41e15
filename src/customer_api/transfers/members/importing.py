"""Importing members of groups. Nobody is taken out of a group by it."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.core.labels import label_key
from customer_api.groups.models import GroupRow, MemberRow
from customer_api.transfers.columns import Columns
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.members.columns import MemberRecord
from customer_api.transfers.owners import lock_owners, refusal_of
from customer_api.transfers.plan import RowPlan
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

NO_GROUP: Final = "no group has this name"

_GROUPS: Final = select(GroupRow.name_key, GroupRow.id).where(
    GroupRow.name_key.in_(bindparam("keys", expanding=True))
)
_STORED: Final = select(MemberRow.group_id, MemberRow.customer_id).where(
    MemberRow.group_id.in_(bindparam("groups", expanding=True)),
    MemberRow.customer_id.in_(bindparam("owners", expanding=True)),
)
_ADD: Final = insert(MemberRow)


class MemberImport(ImportKind[MemberRecord]):
    """Puts customers who exist into groups that exist."""

    action = Action.GROUP_MEMBERS_FILE_IMPORTED

    def __init__(self, columns: Columns, *, clock: Clock) -> None:
        """Take the columns of the file, and a clock for members without a time."""
        self.columns = columns
        self._clock = clock

    @override
    def parse(self, row: Row) -> MemberRecord | Refusal:
        values = self.columns.read(row)
        return values if isinstance(values, Refusal) else MemberRecord(row.line, **values)

    @override
    def plan(self, connection: Connection, records: Sequence[MemberRecord]) -> RowPlan:
        owners = lock_owners(connection, (it.reference for it in records))
        keys = list({label_key(it.name) for it in records})
        groups = {row[0]: row[1] for row in connection.execute(_GROUPS, {"keys": keys})}
        ids = {"groups": list(groups.values()), "owners": [it.id for it in owners.values()]}
        stored = {tuple(row) for row in connection.execute(_STORED, ids)}
        plan, now = RowPlan(), self._clock.now()
        for record in records:
            group = groups.get(label_key(record.name))
            reason = NO_GROUP if group is None else refusal_of(owners, record.reference)
            if reason is not None:
                plan.refuse(record, reason)
                continue
            owner = owners[record.reference].id
            if (group, owner) in stored:
                plan.unchanged += 1
                continue
            added_at = record.added_at or now
            plan.new.append({"group_id": group, "customer_id": owner, "added_at": added_at})
        return plan

    @override
    def write(self, connection: Connection, records: Sequence[MemberRecord]) -> RowPlan:
        plan = self.plan(connection, records)
        if plan.new:
            connection.execute(_ADD, plan.new)
        return plan
