"""Doing a request once and answering its repetitions alike."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, UnitsOfWork
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.ids import CustomerId, random_uuid
from customer_api.core.types import Claims
from customer_api.idempotency import repository
from customer_api.idempotency.errors import IdempotencyKeyReused, RequestInProgress
from customer_api.idempotency.marks import Mark, Marks, RepeatableRequest
from customer_api.idempotency.models import Answer, Claim
from customer_api.idempotency.repository import NewClaim, RememberedRequest

T = TypeVar("T")
SessionT = TypeVar("SessionT", bound="CallerSession")
T_co = TypeVar("T_co", covariant=True)

CLAIM_TTL: Final = timedelta(seconds=30)
"""Longer than a request takes. After that another attempt may begin, because a crash ended this one."""


class CallerSession(Protocol):
    """A live session, as far as it matters here."""

    @property
    def owner(self) -> CustomerId | None:
        """Whose personal data an answer to the caller holds, if the request does not say so."""


class Act(Protocol[T_co]):
    """What a request does: one unit of work at least, of which the last is given `keep`."""

    def __call__(self, *, keep: Keep[T_co]) -> Awaitable[T_co]:
        """Do it."""


def note_nothing(_connection: Connection, _session: object, _owner: CustomerId) -> None:
    """Note nothing of a repetition: the `note` of customers, who see what is their own."""


class IdempotencyService(Generic[SessionT]):
    """Remembers requests that succeeded, with their answers, for a while.

    A request is claimed before its work begins, so that parallel repetitions do nothing, and
    answered in the transaction of its work, so that a crash leaves both or nothing. What was refused
    is forgotten: nothing was changed by it, and a repetition is judged anew.
    """

    def __init__(
        self,
        *,
        units: UnitsOfWork[SessionT],
        clock: Clock,
        marks: Marks,
        ttl_seconds: int,
        note: Callable[[Connection, SessionT, CustomerId], None] = note_nothing,
    ) -> None:
        """Take collaborators.

        `note` is told, in a transaction that commits before the answer, that a caller is shown again
        what holds data of a customer.
        """
        self._note = note
        self._units = units
        self._clock = clock
        self._marks = marks
        self._ttl = timedelta(seconds=ttl_seconds)

    async def once(
        self,
        request: RepeatableRequest,
        claims: Claims | None,
        act: Act[T],
        *,
        render: Callable[[T], Answer],
        owner: Callable[[T], CustomerId | None] | None = None,
    ) -> Answer:
        """Do what `act` does and return its answer, or the answer it had before.

        Args:
            request: what is recognised.
            claims: the caller's; their session is checked first. None for requests of anybody.
            act: does the work; raises its own refusals.
            render: makes the answer from the result of the work, inside its transaction.
            owner: whose personal data the answer holds, when that is not the caller; None is nobody.

        Raises:
            TokenRefused: the session has ended or its customer is gone.
            IdempotencyKeyReused: another request had this key.
            RequestInProgress: the first one is not done, or took so long that it was given up.
        """
        claimed = await self._claim(request, claims)
        if isinstance(claimed, Answer):
            return claimed
        answer: Answer | None = None

        def keep(connection: Connection, result: T) -> None:
            nonlocal answer
            answer = render(result)
            of = None if owner is None else owner(result)
            if not repository.answer(connection, claimed, answer, owner=of):
                raise RequestInProgress  # another attempt took over

        is_done = False
        try:
            await act(keep=keep)
            is_done = True
        finally:
            if not is_done:
                await self._release(claimed)
        assert answer is not None, "the work keeps its result"
        return answer

    async def check(self, claims: Claims | None) -> None:
        """Make sure that the caller may call; None is for requests of anybody.

        Raises:
            TokenRefused: the session has ended or its customer is gone.
        """
        if claims is not None:
            await self._units.read_as(claims, lambda _connection, _session: None)

    async def _claim(self, request: RepeatableRequest, claims: Claims | None) -> Answer | Claim:
        marks = self._marks.of(request)
        if claims is None:
            return await self._units.write(lambda it: self._claim_for(it, marks, None))

        def work(connection: Connection, session: SessionT) -> Answer | Claim:
            claimed = self._claim_for(connection, marks, session.owner)
            if isinstance(claimed, Answer) and claimed.owner is not None:
                self._note(connection, session, claimed.owner)
            return claimed

        return await self._units.write_as(claims, work)

    def _claim_for(
        self, connection: Connection, marks: tuple[Mark, ...], customer_id: CustomerId | None
    ) -> Answer | Claim:
        now = self._clock.now()
        new = NewClaim(
            scope=marks[0].scope,
            fingerprint=marks[0].fingerprint,
            customer_id=customer_id,
            token=random_uuid(),
            claimed_until=now + CLAIM_TTL,
            expires_at=now + self._ttl,
        )
        scopes = [mark.scope for mark in marks]
        found = repository.find(connection, scopes)
        if found is None:
            claim = repository.add(connection, new)
            if claim is not None:
                return claim
            found = repository.find(connection, scopes)
        if found is None:
            raise RequestInProgress  # somebody was faster, and is done or has given up by now
        if found.expires_at <= now or (found.answer is None and found.claimed_until <= now):
            return self._claim_again(connection, found, new)
        if Mark(found.scope, found.fingerprint) not in marks:
            raise IdempotencyKeyReused
        if found.answer is None:
            raise RequestInProgress
        return found.answer

    def _claim_again(
        self, connection: Connection, found: RememberedRequest, new: NewClaim
    ) -> Claim:
        claim = repository.claim_again(connection, found.claim, new)
        if claim is None:
            raise RequestInProgress
        return claim

    async def _release(self, claim: Claim) -> None:
        with suppress(DatabaseUnavailable):  # then the claim lapses
            await self._units.write(lambda it: repository.release(it, claim))
