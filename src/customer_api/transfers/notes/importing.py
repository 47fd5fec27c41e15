"""Importing notes about customers. Like others they are added and never changed."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, insert, or_, select
from sqlalchemy import Row as DatabaseRow
from typing_extensions import override

from customer_api.audit.models import Action, ActorKind
from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.notes.models import NoteRow
from customer_api.transfers.columns import Columns
from customer_api.transfers.growth import expect_growth
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.notes.columns import NoteRecord
from customer_api.transfers.owners import Owner, lock_owners, refusal_of
from customer_api.transfers.plan import RowPlan
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

FOREVER: Final = "a note is never changed, and this one is another"

_STORED: Final = (
    select(NoteRow.uuid, NoteRow.customer_id, NoteRow.text, NoteRow.created_at)
    .where(
        or_(
            NoteRow.uuid.in_(bindparam("uuids", expanding=True)),
            and_(
                NoteRow.customer_id.in_(bindparam("owners", expanding=True)),
                NoteRow.text.in_(bindparam("texts", expanding=True)),
            ),
        )
    )
    .order_by(NoteRow.id)
)
_ADD: Final = insert(NoteRow)


class NoteImport(ImportKind[NoteRecord]):
    """Adds notes to customers who exist."""

    action = Action.NOTES_FILE_IMPORTED

    def __init__(self, columns: Columns, *, clock: Clock) -> None:
        """Take the columns of the file, and a clock for notes that do not say when they were made."""
        self.columns = columns
        self._clock = clock

    @override
    def parse(self, row: Row) -> NoteRecord | Refusal:
        values = self.columns.read(row)
        return values if isinstance(values, Refusal) else NoteRecord(row.line, **values)

    @override
    def plan(self, connection: Connection, records: Sequence[NoteRecord]) -> RowPlan:
        owners = lock_owners(connection, (it.reference for it in records))
        unnamed = [it for it in records if it.uuid is None]
        parameters = {
            "uuids": [it.uuid for it in records if it.uuid is not None],
            "owners": list({owners[it.reference].id for it in unnamed if it.reference in owners}),
            "texts": list({it.text for it in unnamed}),
        }
        known = _Known(connection.execute(_STORED, parameters).all())
        plan = RowPlan()
        for record in records:
            self._decide(plan, record, owners, known)
        return plan

    @override
    def write(self, connection: Connection, records: Sequence[NoteRecord]) -> RowPlan:
        expect_growth(connection)
        plan = self.plan(connection, records)
        if plan.new:
            connection.execute(_ADD, plan.new)
        return plan

    def _decide(
        self, plan: RowPlan, record: NoteRecord, owners: dict[Any, Owner], known: "_Known"
    ) -> None:
        reason = refusal_of(owners, record.reference)
        if reason is not None:
            plan.refuse(record, reason)
            return
        owner = owners[record.reference].id
        stored = known.find(record, owner)
        if stored is None:
            values = {
                "uuid": record.uuid or random_uuid(),
                "customer_id": owner,
                "author_kind": record.author_kind or ActorKind.COMMAND_LINE,
                "author": record.author or "",
                "text": record.text,
                "created_at": record.created_at or self._clock.now(),
            }
            plan.new.append(values)
            known.add(values)
        elif (stored["customer_id"], stored["text"]) != (owner, record.text):
            plan.refuse(record, FOREVER)
        else:
            plan.unchanged += 1


class _Known:
    """Notes that are there, by uuid and by content."""

    def __init__(self, rows: Iterable[DatabaseRow[*tuple[Any, ...]]]) -> None:
        self._notes: dict[object, Any] = {}
        for row in rows:
            self.add(row._asdict())

    def add(self, note: dict[str, Any]) -> None:
        owner, text = note["customer_id"], note["text"]
        for key in (note["uuid"], (owner, text), (owner, text, note["created_at"])):
            self._notes.setdefault(key, note)

    def find(self, record: NoteRecord, owner: int) -> Any:  # noqa: ANN401 - columns by name
        if record.uuid is not None:
            return self._notes.get(record.uuid)
        if record.created_at is None:
            return self._notes.get((owner, record.text))
        return self._notes.get((owner, record.text, record.created_at))
