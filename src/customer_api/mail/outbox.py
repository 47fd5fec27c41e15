"""The queue of mails in the database: whoever writes a change puts its mail in the same transaction.

Delivery is at least once. A claim is a lease: when it lapses, another worker may take the mail, and
whatever the late worker then reports changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId, random_uuid
from customer_api.mail.message import Mail, MessageRefused, bare_address
from customer_api.mail.models import PARKED, SENT, WAITING, MailRow

ERASED: Final = "erased"
EXPIRED: Final = "expired"

_Older = aliased(MailRow)

_PUT = insert(MailRow)
_DUE = (
    select(MailRow.id)
    .where(
        MailRow.state == WAITING,
        MailRow.next_try_at <= bindparam("now"),
        or_(MailRow.claimed_until.is_(None), MailRow.claimed_until <= bindparam("now")),
        # A customer's mails to a mailbox go out in their order: only the oldest can be claimed.
        ~exists().where(
            _Older.customer_id == MailRow.customer_id,
            _Older.recipient == MailRow.recipient,
            _Older.state == WAITING,
            _Older.id < MailRow.id,
        ),
    )
    .order_by(MailRow.next_try_at, MailRow.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
    .cte("due")
)
_CLAIM = (
    update(MailRow)
    .where(MailRow.id.in_(select(_DUE.c.id)))
    .values(claimed_until=bindparam("until"))
    .returning(MailRow)
)
_OWN = and_(
    MailRow.id == bindparam("mail"),
    MailRow.state == WAITING,
    MailRow.claimed_until == bindparam("claim"),
)
_WIPED: Final[Mapping[str, Any]] = {"recipient": null(), "variables": null()}
_DONE: Final[Mapping[str, Any]] = {"claimed_until": None, "tries": MailRow.tries + 1}
_MARK_SENT = (
    update(MailRow)
    .where(_OWN)
    .values({**_DONE, **_WIPED, "state": SENT, "sent_at": bindparam("now"), "last_error": None})
)
_MARK_FAILED = (
    update(MailRow)
    .where(_OWN)
    .values({**_DONE, "next_try_at": bindparam("next"), "last_error": bindparam("error")})
)
_MARK_PARKED = (
    update(MailRow)
    .where(_OWN)
    .values(
        {
            **_DONE,
            "state": PARKED,
            "last_error": bindparam("error"),
            # An operator can retry a parked mail, except one that must not be kept.
            "recipient": case((MailRow.expires_at.is_(None), MailRow.recipient)),
            "variables": case((MailRow.expires_at.is_(None), MailRow.variables)),
        }
    )
)
_POSTPONE = (
    update(MailRow)
    .where(_OWN)
    .values(
        {"claimed_until": None, "next_try_at": bindparam("next"), "last_error": bindparam("error")}
    )
)
_RELEASE = update(MailRow).where(_OWN).values(claimed_until=None)
_EXPIRE = (
    update(MailRow)
    .where(MailRow.state == WAITING, MailRow.expires_at <= bindparam("now"))
    .values({**_WIPED, "state": PARKED, "claimed_until": None, "last_error": EXPIRED})
)
_FORGETTING = (
    update(MailRow)
    .where(or_(MailRow.recipient.is_not(None), MailRow.variables.is_not(None)))
    # Only mails that wait or are parked have anything to wipe.
    .values({**_WIPED, "state": PARKED, "claimed_until": None, "last_error": ERASED})
)
_FORGET = _FORGETTING.where(MailRow.customer_id == bindparam("customer"))
_FORGET_ABOUT = _FORGETTING.where(MailRow.reference.in_(bindparam("about", expanding=True)))
# Old is what was due long ago: the index over state and that time finds both.
_OLD_PARKED = (
    select(MailRow.id)
    .where(
        MailRow.state == PARKED,
        MailRow.next_try_at < bindparam("before"),
        or_(MailRow.recipient.is_not(None), MailRow.variables.is_not(None)),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("old_parked")
)
_WIPE_PARKED = (
    update(MailRow)
    .where(MailRow.id.in_(select(_OLD_PARKED.c.id)))
    .values(_WIPED)
    .returning(MailRow.id)  # to count them: SQLite's driver does not behind a WITH
)
_OLD_MAILS = (
    select(MailRow.id)
    .where(MailRow.state.in_((SENT, PARKED)), MailRow.next_try_at < bindparam("before"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("old_mails")
)
_PURGE = delete(MailRow).where(MailRow.id.in_(select(_OLD_MAILS.c.id))).returning(MailRow.id)
_COUNT_UNTRIED = select(func.count()).where(
    MailRow.state == WAITING, MailRow.tries == 0, MailRow.created_at <= bindparam("before")
)


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A mail that is ours to deliver until the claim lapses."""

    id: int
    message_id: str
    """With its angle brackets; the same at every try."""
    created_at: datetime
    due_at: datetime
    """When this try was to begin."""
    claimed_until: datetime
    tries: int
    """Deliveries tried before this claim."""
    mail: Mail


class Outbox:
    """Queues mails and hands them to workers; each call is one statement of the caller's unit."""

    def __init__(self, *, clock: Clock, sender: str) -> None:
        """Set up the queue.

        Raises:
            ValueError: the sender is not a bare address.
        """
        try:
            self.sender = bare_address(sender)
        except MessageRefused as error:
            raise ValueError(
                "the sender must be a bare address such as shop@example.com"
            ) from error
        self._clock = clock
        self._domain = self.sender.rpartition("@")[2]

    def put(
        self, connection: Connection, mail: Mail, *, expires_after: timedelta | None = None
    ) -> None:
        """Queue a mail; it leaves after the commit.

        A mail with `expires_after` is wiped when it is not delivered by then, or when it is parked.
        """
        now = self._clock.now()
        values = {
            "message_id": f"<{random_uuid()}@{self._domain}>",
            "customer_id": mail.customer_id,
            "reference": mail.reference,
            "template": mail.template,
            "locale": mail.locale,
            "recipient": mail.recipient,
            "variables": dict(mail.variables),
            "state": WAITING,
            "tries": 0,
            "next_try_at": now,
            "created_at": now,
            "expires_at": None if expires_after is None else now + expires_after,
        }
        connection.execute(_PUT, values)

    def claim(
        self, connection: Connection, *, limit: int, lease: timedelta
    ) -> tuple[ClaimedMail, ...]:
        """Take mails that are due, oldest first; at most one of each customer and mailbox."""
        now = self._clock.now()
        rows = connection.execute(_CLAIM, {"now": now, "until": now + lease, "most": limit})
        return tuple(sorted(map(_to_claimed, rows), key=lambda claimed: claimed.id))

    def mark_sent(self, connection: Connection, claimed: ClaimedMail) -> bool:
        """Record the delivery and wipe address and variables; False when the claim has lapsed."""
        return _mark(connection, _MARK_SENT, claimed, {"now": self._clock.now()})

    def mark_failed(
        self, connection: Connection, claimed: ClaimedMail, *, error: str, next_try_at: datetime
    ) -> bool:
        """Plan the next try; `error` is a code without personal data. False: the claim has lapsed."""
        return _mark(connection, _MARK_FAILED, claimed, {"error": error, "next": next_try_at})

    def mark_parked(self, connection: Connection, claimed: ClaimedMail, *, error: str) -> bool:
        """Give a mail up, for the reason in the code `error`; False when the claim has lapsed."""
        return _mark(connection, _MARK_PARKED, claimed, {"error": error})

    def postpone(
        self, connection: Connection, claimed: ClaimedMail, *, error: str, next_try_at: datetime
    ) -> bool:
        """Put a mail behind the others at no cost of a try; False when the claim has lapsed."""
        return _mark(connection, _POSTPONE, claimed, {"error": error, "next": next_try_at})

    def release(self, connection: Connection, claimed: ClaimedMail) -> bool:
        """Return a mail that was not tried; False when the claim has lapsed."""
        return _mark(connection, _RELEASE, claimed, {})

    def expire(self, connection: Connection) -> int:
        """Wipe and park the mails whose time is over, claimed or not; return how many."""
        return connection.execute(_EXPIRE, {"now": self._clock.now()}).rowcount

    @staticmethod
    def forget(connection: Connection, customer_id: CustomerId) -> int:
        """Wipe all mails of an erased customer, park the waiting ones, and return how many.

        The last mail to the customer is put afterwards.
        """
        return connection.execute(_FORGET, {"customer": customer_id}).rowcount

    @staticmethod
    def forget_about(connection: Connection, references: Sequence[str]) -> int:
        """Wipe all mails to guests by what they are about, park the waiting ones, and return how many."""
        return connection.execute(_FORGET_ABOUT, {"about": references}).rowcount

    @staticmethod
    def wipe_parked(connection: Connection, before: datetime, limit: int) -> int:
        """Wipe mails that were given up and were due before a moment; they cannot be tried again."""
        return len(connection.execute(_WIPE_PARKED, {"before": before, "most": limit}).all())

    @staticmethod
    def purge(connection: Connection, before: datetime, limit: int) -> int:
        """Delete the rows of mails that are sent or parked and were due before a moment."""
        return len(connection.execute(_PURGE, {"before": before, "most": limit}).all())

    def count_untried(self, connection: Connection, *, older_than: timedelta) -> int:
        """Return how many mails wait so long already, and not because they failed by themselves."""
        before = self._clock.now() - older_than
        return connection.execute(_COUNT_UNTRIED, {"before": before}).scalar_one()


def _mark(
    connection: Connection, statement: Update, claimed: ClaimedMail, values: Mapping[str, object]
) -> bool:
    own = {"mail": claimed.id, "claim": claimed.claimed_until}
    return connection.execute(statement, {**own, **values}).rowcount == 1


def _to_claimed(row: Row[Any]) -> ClaimedMail:
    mail = Mail(
        template=row.template,
        recipient=row.recipient,
        locale=row.locale,
        reference=row.reference,
        customer_id=row.customer_id,
        variables=row.variables,
    )
    return ClaimedMail(
        id=row.id,
        message_id=row.message_id,
        created_at=row.created_at,
        due_at=row.next_try_at,
        claimed_until=row.claimed_until,
        tries=row.tries,
        mail=mail,
    )
