"""Importing subscriptions to newsletters. A file ends them, and begins none that has ended here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.core.ids import Reference, random_uuid
from customer_api.newsletter.models import State, SubscriptionRow, TypeRow
from customer_api.security import one_time_keys
from customer_api.transfers.columns import Columns
from customer_api.transfers.growth import expect_growth
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.owners import Owner, lock_owners, refusal_of
from customer_api.transfers.plan import RowPlan
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row
from customer_api.transfers.subscriptions.columns import SubscriptionRecord

CHANNEL: Final = "import"
"""Of subscriptions whose file does not say where the consent was given."""

NO_NEWSLETTER: Final = "no newsletter has this name"
NO_TEXT: Final = "the newsletter has no such text"
UNCONFIRMED: Final = "nobody is subscribed without the time of the confirmation"
CONTRADICTION: Final = "who is subscribed has no end"
HAS_ENDED: Final = "it has ended here, and only the mailbox begins it again"
OTHER_OWNER: Final = "it is another customer's"
KEY_TAKEN: Final = "another subscription has the same unsubscribe_key"

_TYPES: Final = select(TypeRow.name_key, TypeRow.id, TypeRow.text_version).where(
    TypeRow.name_key.in_(bindparam("names", expanding=True))
)
_SAVED: Final = (
    "customer_id",
    "email",
    "state",
    "locale",
    "channel",
    "text_version",
    "asked_at",
    "confirmed_at",
    "ended_at",
)
_STORED: Final = (
    select(
        SubscriptionRow.id,
        SubscriptionRow.type_id,
        SubscriptionRow.email_key,
        *(getattr(SubscriptionRow, name) for name in _SAVED),
    )
    .where(SubscriptionRow.email_key.in_(bindparam("mailboxes", expanding=True)))
    .order_by(SubscriptionRow.id)
    .with_for_update()
)
_TAKEN: Final = select(SubscriptionRow.unsubscribe_key).where(
    SubscriptionRow.unsubscribe_key.in_(bindparam("keys", expanding=True))
)
_ADD: Final = insert(SubscriptionRow)
_CHANGE: Final = (
    update(SubscriptionRow)
    .where(SubscriptionRow.id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in _SAVED})
    .values(key_digest=None, key_expires_at=None, wish=None)
)


class SubscriptionImport(ImportKind[SubscriptionRecord]):
    """Takes over who subscribes to newsletters that exist. An empty cell leaves what is there."""

    action = Action.NEWSLETTER_FILE_IMPORTED

    def __init__(self, columns: Columns, *, clock: Clock, locale: str) -> None:
        """Take the columns of the file, a clock, and the locale of those who have none."""
        self.columns = columns
        self._clock = clock
        self._locale = locale

    @override
    def parse(self, row: Row) -> SubscriptionRecord | Refusal:
        values = self.columns.read(row)
        if isinstance(values, Refusal):
            return values
        return SubscriptionRecord(
            line=row.line,
            newsletter=values.pop("newsletter"),
            email=values["email"],
            state=values["state"],
            reference=values.pop("reference", None),
            unsubscribe_key=values.pop("unsubscribe_key", None),
            values={name: value for name, value in values.items() if value is not None},
        )

    @override
    def plan(self, connection: Connection, records: Sequence[SubscriptionRecord]) -> RowPlan:
        owners = lock_owners(connection, (it.reference for it in records if it.reference))
        names = {"names": list({it.newsletter_key for it in records})}
        types = {row.name_key: row for row in connection.execute(_TYPES, names)}
        mailboxes = {"mailboxes": list({it.email_key for it in records})}
        stored = {
            (row["email_key"], row["type_id"]): dict(row)
            for row in connection.execute(_STORED, mailboxes).mappings()
        }
        keys = {"keys": [it.unsubscribe_key for it in records if it.unsubscribe_key]}
        taken = set(connection.execute(_TAKEN, keys).scalars())
        plan = RowPlan()
        for record in records:
            newsletter = types.get(record.newsletter_key)
            known = None if newsletter is None else stored.get((record.email_key, newsletter.id))
            reason = _refusal(record, newsletter, owners, known)
            if reason is None and known is None and record.unsubscribe_key is not None:
                reason = KEY_TAKEN if record.unsubscribe_key in taken else None
                taken.add(record.unsubscribe_key)
            if reason is None:
                self._decide(plan, record, newsletter, owners, known)
            else:
                plan.refuse(record, reason)
        return plan

    @override
    def write(self, connection: Connection, records: Sequence[SubscriptionRecord]) -> RowPlan:
        expect_growth(connection)
        plan = self.plan(connection, records)
        if plan.changed:
            changes = [
                {"of": id_} | {f"new_{name}": value for name, value in values.items()}
                for id_, values in plan.changed.items()
            ]
            connection.execute(_CHANGE, changes)
        if plan.new:
            connection.execute(_ADD, plan.new)
        return plan

    def _decide(
        self,
        plan: RowPlan,
        record: SubscriptionRecord,
        newsletter: Any,  # noqa: ANN401 - columns by name
        owners: Mapping[Reference, Owner],
        known: Mapping[str, Any] | None,
    ) -> None:
        before = {name: known[name] for name in _SAVED} if known else self._defaults(record)
        after = {"text_version": newsletter.text_version, **before, **record.values}
        if record.reference is not None:
            after["customer_id"] = owners[record.reference].id
        if record.state is not State.SUBSCRIBED and after["ended_at"] is None:
            after["ended_at"] = self._clock.now()
        if known is None:
            new = {
                "uuid": random_uuid(),
                "type_id": newsletter.id,
                "email_key": record.email_key,
                "unsubscribe_key": record.unsubscribe_key or one_time_keys.new_key(),
            }
            plan.new.append({**new, **after})
        elif after == before:
            plan.unchanged += 1
        else:
            plan.changed[known["id"]] = after

    def _defaults(self, record: SubscriptionRecord) -> dict[str, object]:
        times = (record.values.get(name) for name in ("confirmed_at", "ended_at"))
        return {
            "customer_id": None,
            "locale": self._locale,
            "channel": CHANNEL,
            "asked_at": next(filter(None, times), self._clock.now()),
            "confirmed_at": None,
            "ended_at": None,
        }


def _refusal(
    record: SubscriptionRecord,
    newsletter: Any,  # noqa: ANN401 - columns by name
    owners: Mapping[Reference, Owner],
    known: Mapping[str, Any] | None,
) -> str | None:
    """Return why a row is left out; None when it is not."""
    owner = None if record.reference is None else refusal_of(owners, record.reference)
    if owner is not None:
        return owner
    if newsletter is None:
        return NO_NEWSLETTER
    if not 1 <= record.values.get("text_version", 1) <= newsletter.text_version:
        return NO_TEXT
    return _refusal_of_state(record, known) or _refusal_of_owner(record, owners, known)


def _refusal_of_state(record: SubscriptionRecord, known: Mapping[str, Any] | None) -> str | None:
    if record.state is not State.SUBSCRIBED:
        return None
    if known is not None and known["state"] in {State.UNSUBSCRIBED, State.BOUNCED}:
        return HAS_ENDED
    if "ended_at" in record.values:
        return CONTRADICTION
    has_confirmed = known is not None and known["state"] == State.SUBSCRIBED
    return None if has_confirmed or "confirmed_at" in record.values else UNCONFIRMED


def _refusal_of_owner(
    record: SubscriptionRecord,
    owners: Mapping[Reference, Owner],
    known: Mapping[str, Any] | None,
) -> str | None:
    if record.reference is None or known is None or known["customer_id"] is None:
        return None
    return None if known["customer_id"] == owners[record.reference].id else OTHER_OWNER
