"""Queries over remembered requests."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId
from customer_api.idempotency.models import WIPED, Answer, Claim, IdempotentRequestRow

_FIND: Final = (
    select(
        IdempotentRequestRow.id,
        IdempotentRequestRow.scope,
        IdempotentRequestRow.fingerprint,
        IdempotentRequestRow.claim,
        IdempotentRequestRow.claimed_until,
        IdempotentRequestRow.expires_at,
        IdempotentRequestRow.status,
        IdempotentRequestRow.body,
        IdempotentRequestRow.etag,
        IdempotentRequestRow.customer_id,
    )
    .where(IdempotentRequestRow.scope.in_(bindparam("scopes", expanding=True)))
    .order_by(IdempotentRequestRow.id)
)
_ADD: Final = {
    dialect.dialect.name: dialect.insert(IdempotentRequestRow)
    .values(
        {
            name: bindparam(name)
            for name in (
                "scope",
                "fingerprint",
                "customer_id",
                "claim",
                "claimed_until",
                "expires_at",
            )
        }
    )
    .on_conflict_do_nothing()
    .returning(IdempotentRequestRow.id)
    for dialect in (postgresql, sqlite)
}
_MINE: Final = (
    IdempotentRequestRow.id == bindparam("request"),
    IdempotentRequestRow.claim == bindparam("mine"),
)
_CLAIM_AGAIN: Final = (
    update(IdempotentRequestRow)
    .where(*_MINE)
    .values(
        scope=bindparam("new_scope"),
        fingerprint=bindparam("new_fingerprint"),
        customer_id=bindparam("customer"),
        claim=bindparam("new_claim"),
        claimed_until=bindparam("until"),
        expires_at=bindparam("expires"),
        status=None,
        etag=None,
        body=None,
    )
)
_ANSWER: Final = (
    update(IdempotentRequestRow)
    .where(*_MINE)
    .values(
        customer_id=func.coalesce(
            IdempotentRequestRow.customer_id, bindparam("owner", type_=BigInteger)
        ),
        status=bindparam("new_status"),
        etag=bindparam("new_etag"),
        body=bindparam("new_body"),
    )
)
_RELEASE: Final = delete(IdempotentRequestRow).where(*_MINE, IdempotentRequestRow.status.is_(None))
_OF_CUSTOMER: Final = IdempotentRequestRow.customer_id == bindparam("customer")
_DELETE_UNANSWERED: Final = delete(IdempotentRequestRow).where(
    _OF_CUSTOMER, IdempotentRequestRow.status.is_(None)
)
_WIPE: Final = (
    update(IdempotentRequestRow)
    .where(_OF_CUSTOMER)
    .values(customer_id=None, fingerprint=WIPED, etag=None, body=None)
)
_OVER: Final = (
    select(IdempotentRequestRow.id)
    .where(IdempotentRequestRow.expires_at <= bindparam("before"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
    .cte("over")
)
_PURGE: Final = (
    delete(IdempotentRequestRow)
    .where(IdempotentRequestRow.id.in_(select(_OVER.c.id)))
    .returning(IdempotentRequestRow.id)  # to count them: SQLite's driver does not behind a WITH
)


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What a claim writes."""

    scope: bytes
    fingerprint: bytes
    customer_id: CustomerId | None
    """Whose request it is; None when that is not known yet."""
    token: str
    claimed_until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RememberedRequest:
    """A row; `answer` is None while somebody works on it, or gave up doing so."""

    scope: bytes
    fingerprint: bytes
    claim: Claim
    claimed_until: datetime
    expires_at: datetime
    answer: Answer | None


def find(connection: Connection, scopes: Collection[bytes]) -> RememberedRequest | None:
    """Return the request with one of these scopes, expired ones included."""
    row = connection.execute(_FIND, {"scopes": list(scopes)}).first()
    if row is None:
        return None
    answer = None if row.status is None else Answer(row.status, row.body, row.etag, row.customer_id)
    claim = Claim(row.id, row.claim)
    return RememberedRequest(
        row.scope, row.fingerprint, claim, row.claimed_until, row.expires_at, answer
    )


def add(connection: Connection, new: NewClaim) -> Claim | None:
    """Insert a claimed request; None when somebody was faster."""
    parameters = {
        "scope": new.scope,
        "fingerprint": new.fingerprint,
        "customer_id": new.customer_id,
        "claim": new.token,
        "claimed_until": new.claimed_until,
        "expires_at": new.expires_at,
    }
    request_id = connection.execute(_ADD[connection.dialect.name], parameters).scalar()
    return None if request_id is None else Claim(request_id, new.token)


def claim_again(connection: Connection, old: Claim, new: NewClaim) -> Claim | None:
    """Replace an old claim and forget its answer; None when somebody was faster."""
    parameters = {
        "request": old.request_id,
        "mine": old.token,
        "new_scope": new.scope,
        "new_fingerprint": new.fingerprint,
        "customer": new.customer_id,
        "new_claim": new.token,
        "until": new.claimed_until,
        "expires": new.expires_at,
    }
    is_mine = connection.execute(_CLAIM_AGAIN, parameters).rowcount == 1
    return Claim(old.request_id, new.token) if is_mine else None


def answer(
    connection: Connection, claim: Claim, given: Answer, *, owner: CustomerId | None
) -> bool:
    """Store the answer, and whose it is unless that is known; False when the claim was lost."""
    parameters = {
        "request": claim.request_id,
        "mine": claim.token,
        "owner": owner,
        "new_status": given.status,
        "new_etag": given.etag,
        "new_body": given.body,
    }
    return connection.execute(_ANSWER, parameters).rowcount == 1


def release(connection: Connection, claim: Claim) -> None:
    """Forget a request that has no answer; nothing happens when it has one, or the claim was lost."""
    connection.execute(_RELEASE, {"request": claim.request_id, "mine": claim.token})


def wipe_of_customer(connection: Connection, customer_id: CustomerId) -> int:
    """Forget what a customer has sent and was told, but not which keys; returns how many requests."""
    of = {"customer": customer_id}
    unanswered = connection.execute(_DELETE_UNANSWERED, of).rowcount
    return unanswered + connection.execute(_WIPE, of).rowcount


def purge(connection: Connection, before: datetime, limit: int) -> int:
    """Forget what was over at a moment, at most so many requests; returns how many."""
    return len(connection.execute(_PURGE, {"before": before, "most": limit}).all())
