"""The receivers of events in the hands of callers of the back office."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import random_uuid
from customer_api.core.keyset import CursorPage, Part
from customer_api.events import log
from customer_api.events import subscriptions as repository
from customer_api.events.errors import PlaceInvalid, SubscriptionNotFound, UndeliveredNotFound
from customer_api.events.models import Event, EventType, Subscription
from customer_api.events.receivers import check_url
from customer_api.events.subscriptions import (
    ChangeSubscription,
    CreateSubscription,
    Progress,
    Undelivered,
)
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims
from customer_api.operators.scopes import Scope
from customer_api.security.webhook_signatures import new_secret

T = TypeVar("T")

OLD_SECRET_TTL: Final = timedelta(hours=24)
"""So long events are signed with the secret before, too."""

PERSONAL_SCOPES: Final = frozenset({Scope.CUSTOMERS_READ})
"""What a caller needs to have personal data sent somewhere."""


@dataclass(frozen=True, slots=True)
class SubscriptionWithSecret:
    """A receiver with its signing secret, which is shown this once."""

    progress: Progress
    secret: str


class EventAccess:
    """Manages receivers, and shows the log to those who read it themselves.

    Raises (all methods that take a uuid):
        SubscriptionNotFound: there is no receiver with this id.
    """

    def __init__(
        self, *, units: BackOfficeUnits, clock: Clock, plain_hosts: Collection[str]
    ) -> None:
        self._units = units
        self._clock = clock
        self._plain_hosts = plain_hosts

    async def read_log(
        self, claims: CallerClaims, after: int | None, *, most: int, types: Collection[EventType]
    ) -> tuple[tuple[Event, ...], int]:
        """Return the next events behind a place, the oldest first, and where to go on.

        Raises:
            EventsPurged: events behind the place are there no more.
            PlaceInvalid: there was never such an event.
        """

        def work(connection: Connection, _caller: Caller) -> tuple[tuple[Event, ...], int]:
            # The end first: what comes between the two statements is not passed over.
            end = log.end_of(connection)
            place = log.place_of(connection, after)
            if place > end:
                raise PlaceInvalid
            events = log.list_behind(connection, place, most=most, types=types)
            is_last = len(events) < most
            last = events[-1].sequence if events else place
            return events, max(last, end) if is_last else last

        return await self._units.read_as(claims, work)

    async def list_all(self, claims: CallerClaims) -> tuple[Progress, ...]:
        """Return all receivers, the oldest first."""

        def work(connection: Connection, _caller: Caller) -> tuple[Progress, ...]:
            found = repository.list_all(connection)
            return tuple(repository.progress_of(connection, it) for it in found)

        return await self._units.read_as(claims, work)

    async def read(self, claims: CallerClaims, uuid: str) -> Progress:
        """Return a receiver."""
        return await self._units.read_as(
            claims, lambda it, _: repository.progress_of(it, _existing(it, uuid))
        )

    async def create(
        self, claims: CallerClaims, command: CreateSubscription
    ) -> SubscriptionWithSecret:
        """Add a receiver.

        Raises:
            ReceiverUrlInvalid: events cannot be sent to the address.
            InsufficientScope: it would see what the caller may not.
        """
        check_url(command.url, plain_hosts=self._plain_hosts)

        def work(connection: Connection, caller: Caller) -> SubscriptionWithSecret:
            if command.has_personal_data:
                caller.require(PERSONAL_SCOPES)
            values = {
                "uuid": random_uuid(),
                "name": command.name,
                "url": command.url,
                "types": command.types,
                "has_personal_data": command.has_personal_data,
                "secret": new_secret(),
                "position": log.end_of(connection),
            }
            added = repository.add(connection, values, now=self._clock.now())
            self._note(connection, caller.actor, Action.EVENT_SUBSCRIPTION_CREATED, added.uuid)
            return SubscriptionWithSecret(Progress(added, 0, 0), added.secret)

        return await self._units.write_as(claims, work)

    async def change(
        self,
        claims: CallerClaims,
        uuid: str,
        command: ChangeSubscription,
        *,
        keep: Keep[Progress] = keep_nothing,
    ) -> Progress:
        """Change a receiver, and try it at once if it was paused.

        Raises:
            ReceiverUrlInvalid: events cannot be sent to the address.
            InsufficientScope: it would see what the caller may not.
        """
        if command.url is not None:
            check_url(command.url, plain_hosts=self._plain_hosts)

        def work(connection: Connection, caller: Caller, before: Subscription) -> Progress:
            fields = ("name", "url", "types", "has_personal_data")
            asked = {it: getattr(command, it) for it in fields if getattr(command, it) is not None}
            values = {it: value for it, value in asked.items() if value != getattr(before, it)}
            # Another address is told the same, so it takes what telling it for the first time takes.
            if values.get("has_personal_data", before.has_personal_data and "url" in values):
                caller.require(PERSONAL_SCOPES)
            after = repository.change(connection, before, values, now=self._clock.now())
            self._note(
                connection, caller.actor, Action.EVENT_SUBSCRIPTION_CHANGED, uuid, list(values)
            )
            return repository.progress_of(connection, after)

        return await self._write(claims, uuid, work, keep)

    async def rotate(self, claims: CallerClaims, uuid: str) -> SubscriptionWithSecret:
        """Give a receiver another secret; events are signed with both for `OLD_SECRET_TTL`."""

        def work(
            connection: Connection, caller: Caller, before: Subscription
        ) -> SubscriptionWithSecret:
            now = self._clock.now()
            values = {
                "secret": new_secret(),
                "old_secret": before.secret,
                "old_secret_expires_at": now + OLD_SECRET_TTL,
            }
            after = repository.change(connection, before, values, now=now)
            action = Action.EVENT_SUBSCRIPTION_SECRET_ROTATED
            self._note(connection, caller.actor, action, uuid)
            return SubscriptionWithSecret(repository.progress_of(connection, after), after.secret)

        return await self._write(claims, uuid, work)

    async def remove(
        self, claims: CallerClaims, uuid: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """Remove a receiver; it is told of nothing any more."""

        def work(connection: Connection, caller: Caller, before: Subscription) -> None:
            repository.remove(connection, before)
            self._note(connection, caller.actor, Action.EVENT_SUBSCRIPTION_REMOVED, uuid)

        await self._write(claims, uuid, work, keep)

    async def replay(
        self,
        claims: CallerClaims,
        uuid: str,
        after: int | None,
        *,
        keep: Keep[Progress] = keep_nothing,
    ) -> Progress:
        """Let a receiver go on behind a place, or behind the last event; what it lacked is forgotten.

        Raises:
            EventsPurged: events behind the place are there no more.
            PlaceInvalid: there was never such an event.
        """

        def work(connection: Connection, caller: Caller, before: Subscription) -> Progress:
            end = log.end_of(connection)
            place = end if after is None else log.place_of(connection, after)
            if place > end:
                raise PlaceInvalid
            repository.forget_undelivered(connection, before)
            values = {"position": place}
            moved = repository.change(connection, before, values, now=self._clock.now())
            self._note(connection, caller.actor, Action.EVENT_SUBSCRIPTION_REPLAYED, uuid)
            return Progress(moved, 0, 0)

        return await self._write(claims, uuid, work, keep)

    async def retry(
        self, claims: CallerClaims, uuid: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """Let a receiver be tried at once with everything that it lacks, parked or not."""

        def work(connection: Connection, caller: Caller, before: Subscription) -> None:
            now = self._clock.now()
            repository.retry_all(connection, before, now=now)
            repository.change(connection, before, {}, now=now)
            self._note(connection, caller.actor, Action.EVENT_SUBSCRIPTION_RETRIED, uuid)

        await self._write(claims, uuid, work, keep)

    async def list_undelivered(
        self, claims: CallerClaims, uuid: str, page: CursorPage
    ) -> Part[Undelivered]:
        """Return a page of what a receiver lacks behind its position, the oldest first.

        Raises:
            CursorUnknown: it does not lack the event (any more) that the page should be beside.
        """
        return await self._units.read_as(
            claims, lambda it, _: repository.list_undelivered(it, _existing(it, uuid), page)
        )

    async def give_up(
        self, claims: CallerClaims, uuid: str, event: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """Never tell a receiver of an event that it lacks; what waits behind it goes on.

        Raises:
            UndeliveredNotFound: it does not lack the event (any more).
        """

        def work(connection: Connection, caller: Caller, before: Subscription) -> None:
            if not repository.give_up(connection, before, event):
                raise UndeliveredNotFound
            self._note(connection, caller.actor, Action.EVENT_GIVEN_UP, event)

        await self._write(claims, uuid, work, keep)

    async def _write(
        self,
        claims: CallerClaims,
        uuid: str,
        work: Callable[[Connection, Caller, Subscription], T],
        keep: Keep[T] = keep_nothing,
    ) -> T:
        def on_existing(connection: Connection, caller: Caller) -> T:
            return work(connection, caller, _known(repository.lock(connection, uuid)))

        return await self._units.write_as(claims, on_existing, keep)

    def _note(
        self,
        connection: Connection,
        actor: Actor,
        action: Action,
        subject: str,
        fields: Sequence[str] = (),
    ) -> None:
        audit.add(connection, actor, action, subject, now=self._clock.now(), fields=fields)


def _existing(connection: Connection, uuid: str) -> Subscription:
    return _known(repository.find(connection, uuid))


def _known(found: Subscription | None) -> Subscription:
    if found is None:
        raise SubscriptionNotFound
    return found
