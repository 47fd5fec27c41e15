"""Importing groups of customers, without their members."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, or_, select, update
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.groups.models import GroupRow
from customer_api.transfers.columns import Columns
from customer_api.transfers.groups.columns import GroupRecord
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.plan import RowPlan
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

NAME_TAKEN: Final = "another group has the name"

_STORED: Final = (
    select(GroupRow.id, GroupRow.uuid, GroupRow.name, GroupRow.name_key, GroupRow.description)
    .where(
        or_(
            GroupRow.uuid.in_(bindparam("uuids", expanding=True)),
            GroupRow.name_key.in_(bindparam("keys", expanding=True)),
        )
    )
    .order_by(GroupRow.id)
    .with_for_update()
)
_ADD: Final = insert(GroupRow)


class GroupImport(ImportKind[GroupRecord]):
    """Creates and changes groups."""

    action = Action.GROUPS_FILE_IMPORTED

    def __init__(self, columns: Columns, *, clock: Clock) -> None:
        """Take the columns of the file, and a clock that tells when things were changed."""
        self.columns = columns
        self._clock = clock

    @override
    def parse(self, row: Row) -> GroupRecord | Refusal:
        values = self.columns.read(row)
        if isinstance(values, Refusal):
            return values
        return GroupRecord(row.line, values.pop("uuid", None), values.pop("name"), values)

    @override
    def plan(self, connection: Connection, records: Sequence[GroupRecord]) -> RowPlan:
        uuids = [it.uuid for it in records if it.uuid is not None]
        parameters = {"uuids": uuids, "keys": [it.name_key for it in records]}
        stored = [dict(row) for row in connection.execute(_STORED, parameters).mappings()]
        by_uuid = {row["uuid"]: row for row in stored}
        by_key = {row["name_key"]: row for row in stored}
        plan = RowPlan()
        for record in records:
            _decide(plan, record, by_uuid, by_key)
        return plan

    @override
    def write(self, connection: Connection, records: Sequence[GroupRecord]) -> RowPlan:
        plan = self.plan(connection, records)
        now = self._clock.now()
        for names, group in groupby(plan.changed.items(), key=lambda it: tuple(it[1])):
            statement = (
                update(GroupRow)
                .where(GroupRow.id == bindparam("of"))
                .values({name: bindparam(f"new_{name}") for name in names})
                .values(updated_at=now, version=GroupRow.version + 1)
            )
            values = [
                {"of": id_} | {f"new_{name}": value for name, value in changes.items()}
                for id_, changes in group
            ]
            connection.execute(statement, values)
        if plan.new:
            common = {"created_at": now, "updated_at": now, "version": 1}
            connection.execute(_ADD, [{**values, **common} for values in plan.new])
        return plan


def _decide(
    plan: RowPlan,
    record: GroupRecord,
    by_uuid: dict[str, dict[str, Any]],
    by_key: dict[str, dict[str, Any]],
) -> None:
    named = by_key.get(record.name_key)
    stored = named if record.uuid is None else by_uuid.get(record.uuid)
    if named is not None and named is not stored:
        plan.refuse(record, NAME_TAKEN)
        return
    values: Mapping[str, object] = {
        "name": record.name,
        "name_key": record.name_key,
        **record.values,
    }
    if stored is None:
        new = {"uuid": record.uuid or random_uuid(), "description": None, **values}
        plan.new.append(new)
        by_uuid[str(new["uuid"])] = by_key[record.name_key] = new
    elif any(stored[name] != value for name, value in values.items()):
        by_key.pop(stored["name_key"])
        stored |= values
        by_key[record.name_key] = stored
        plan.changed[stored["id"]] = values
    else:
        plan.unchanged += 1
