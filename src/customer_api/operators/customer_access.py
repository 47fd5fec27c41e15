"""Customers in the hands of callers of the back office: who may, and what is noted of it."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection
from typing_extensions import override

from customer_api.audit import repository as audit
from customer_api.audit.models import Acting, Action, Actor, Attempt, Change, Showing
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, UnitsOfWork, Work, keep_nothing
from customer_api.core.ids import CustomerId
from customer_api.core.types import Claims, SessionCheck
from customer_api.customers import repository as customers
from customer_api.customers.errors import CustomerNotFound
from customer_api.operators.models import Caller, CallerClaims, OperatedCustomer

T = TypeVar("T")
OtherSessionT = TypeVar("OtherSessionT")
ActingT = TypeVar("ActingT", bound=Acting)
ActingT_co = TypeVar("ActingT_co", bound=Acting, covariant=True)


class OperatedCustomers:
    """The check of requests about one customer (`core.types.SessionCheck`).

    Raises (both methods), beside what the check of the caller raises:
        CustomerNotFound: no customer has the reference of the claims.
    """

    def __init__(self, callers: SessionCheck[Caller]) -> None:
        self._callers = callers

    def find(self, connection: Connection, claims: Claims) -> OperatedCustomer:
        """Load caller and customer, who may be anonymized."""
        caller = self._callers.find(connection, claims)
        found = customers.find_by_reference(connection, _reference(claims))
        if found is None:
            raise CustomerNotFound
        return OperatedCustomer(caller, found)

    def lock(self, connection: Connection, claims: Claims) -> OperatedCustomer:
        """Load them and lock the customer's row; an anonymized customer cannot be written to."""
        caller = self._callers.lock(connection, claims)
        found = customers.lock_by_reference(connection, _reference(claims))
        if found is None or found.anonymized_at is not None:
            raise CustomerNotFound
        return OperatedCustomer(caller, found)


class AuditedUnits(UnitsOfWork[ActingT_co]):
    """Units that leave an audit event of what the claims say is done.

    The event of a write is part of its transaction; that of a read is committed before the read
    returns, so nothing is shown that nobody knows of. What is refused leaves none, and neither does
    an `Attempt` that changed nothing. That of a `Change` names what differs, or is that of a look when
    nothing does. A `Showing` leaves one more about each customer shown.
    """

    def __init__(self, units: UnitsOfWork[ActingT_co], clock: Clock) -> None:
        # No check of its own: callers are checked by the units inside.
        self._units = units
        self._clock = clock

    @override
    def checked_by(self, check: SessionCheck[OtherSessionT]) -> UnitsOfWork[OtherSessionT]:
        """Return units that leave no events: callers of another kind need not say what they do."""
        return self._units.checked_by(check)

    @override
    async def read(self, work: Work[T]) -> T:
        """Run work without a caller, so without an event."""
        return await self._units.read(work)

    @override
    async def _write(self, work: Work[T]) -> T:
        return await self._units.write(work)

    @override
    async def read_as(self, claims: Claims, work: Callable[[Connection, ActingT_co], T]) -> T:
        """Check the caller, read, and note it."""
        result, actor = await self._units.read_as(claims, partial(_with_actor, work))
        await self._units.write(lambda it: self._note(it, actor, claims, result))
        return result

    @override
    async def write_as(
        self,
        claims: Claims,
        work: Callable[[Connection, ActingT_co], T],
        keep: Keep[T] = keep_nothing,
    ) -> T:
        """Check the caller inside the transaction, then write and note it there."""
        note = partial(self._note, claims=claims)
        return await self._units.write_as(claims, partial(_noted, work, note), keep)

    @override
    async def scrub(self) -> None:
        """Remove copies of overwritten values from files of ours."""
        await self._units.scrub()

    @override
    async def close(self) -> None:
        """Close the connections, which others may share."""
        await self._units.close()

    def _note(self, connection: Connection, actor: Actor, claims: Claims, result: object) -> None:
        assert isinstance(claims, CallerClaims)
        assert claims.action is not None, "the route says what it does"
        if isinstance(result, Attempt) and not result.has_changed:
            return
        action, fields = claims.action, claims.fields
        if isinstance(result, Change):
            action = action if result.changed else Action.CUSTOMER_READ
            fields = result.changed
        subject = claims.customer or ""
        now = self._clock.now()
        audit.add(connection, actor, action, subject, now=now, fields=fields)
        if isinstance(result, Showing):
            audit.add_each(connection, actor, Action.CUSTOMER_SHOWN, result.shown, now=now)


class RepeatedAnswers:
    """Notes that a caller is shown again what was answered before (`IdempotencyService`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def note(self, connection: Connection, acting: Acting, owner: CustomerId) -> None:
        """Note it, under the customer whose data the answer holds."""
        customer = customers.find_by_id(connection, owner)
        assert customer is not None, "rows of customers stay"
        action, now = Action.ANSWER_REPEATED, self._clock.now()
        audit.add(connection, acting.actor, action, customer.reference, now=now)


def _with_actor(
    work: Callable[[Connection, ActingT], T], connection: Connection, acting: ActingT
) -> tuple[T, Actor]:
    return work(connection, acting), acting.actor


def _noted(
    work: Callable[[Connection, ActingT], T],
    note: Callable[..., None],
    connection: Connection,
    acting: ActingT,
) -> T:
    result = work(connection, acting)
    note(connection, acting.actor, result=result)
    return result


def _reference(claims: Claims) -> str:
    assert isinstance(claims, CallerClaims)
    assert claims.customer is not None, "the path names a customer"
    return claims.customer
