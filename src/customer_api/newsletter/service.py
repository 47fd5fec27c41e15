"""Subscribing to newsletters, and ending that, as customer or guest.

No answer tells whether a mailbox is subscribed, except to a customer who is logged in.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.errors import MailboxUnproven
from customer_api.customers.models import Session, Units
from customer_api.customers.service import require_customer, require_owner
from customer_api.newsletter import repository, request_repository, type_repository
from customer_api.newsletter.errors import (
    NewsletterKeyInvalid,
    SubscriptionNotFound,
    TextUnknown,
)
from customer_api.newsletter.models import (
    NamedSubscription,
    NewsletterType,
    Request,
    TypeId,
)
from customer_api.newsletter.subscribing import Subscribing
from customer_api.newsletter.type_repository import existing

logger = logging.getLogger(__name__)

IDLE_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Command: ask for a newsletter."""

    newsletter_type: str
    """Uuid of the newsletter."""
    locale: str
    channel: str
    """Where the consent was given, such as `footer`."""
    text_version: int | None = None
    """Which text was agreed to; None for the present one."""


class NewsletterService:
    """Keeps the subscriptions.

    Raises (all methods that take a reference):
        NotOwner: the reference is not the caller's own, whether it exists or not.
    """

    def __init__(self, *, units: Units, clock: Clock, subscribing: Subscribing) -> None:
        self._units = units
        self._clock = clock
        self._subscribing = subscribing

    async def types(self) -> tuple[NewsletterType, ...]:
        """Return all newsletters by name."""
        return await self._units.read(type_repository.list_all)

    async def read_type(self, uuid: str) -> NewsletterType:
        """Return a newsletter.

        Raises:
            TypeNotFound: there is none with this id.
        """
        return await self._units.read(lambda it: existing(type_repository.find(it, uuid)))

    async def ask(self, email: str, command: Subscribe) -> None:
        """Remember that a guest asks for a newsletter; nobody looks at the address before the answer.

        Raises:
            TypeNotFound: there is no such newsletter.
            TextUnknown: it never had the text.
        """

        def work(connection: Connection) -> None:
            newsletter = _existing(connection, command)
            request_repository.add(
                connection, newsletter.id, self._request(email, command, newsletter)
            )

        await self._units.write(work)

    async def answer(self) -> int:
        """Answer all requests of guests, each in a transaction with its mail; return how many."""
        count = 0
        while waiting := await self._units.read(request_repository.find_oldest):
            request_id, type_id, request = waiting
            answer = partial(
                self._answer_one, request_id=request_id, type_id=type_id, request=request
            )
            count += await self._units.write(answer)
        return count

    async def run(self, stop: asyncio.Event) -> None:
        """Answer requests as they come until `stop` is set."""
        while not stop.is_set():
            pause = IDLE_SECONDS
            try:
                await self.answer()
            except DatabaseUnavailable:
                pause = PAUSE_SECONDS
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                logger.error("newsletter_requests_failed", extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold addresses
                pause = PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def confirm(self, key: str) -> None:
        """Subscribe the mailbox that a key was mailed to.

        Raises:
            NewsletterKeyInvalid: the key does not work, for whatever reason.
        """

        def work(connection: Connection) -> None:
            if self._subscribing.confirm(connection, key) is None:
                raise NewsletterKeyInvalid

        await self._units.write(work)

    async def unsubscribe(self, key: str) -> None:
        """End the subscription whose mails have this key; nothing when there is none."""

        def work(connection: Connection) -> None:
            while (found := repository.find_by_unsubscribe_key(connection, key)) is not None:
                owner = None
                if found.customer_id is not None:  # the customer first, as an erasure does
                    owner = customers.lock(connection, found.customer_id)
                subscription = repository.lock(connection, found.id)
                if subscription is not None and subscription.customer_id == found.customer_id:
                    self._subscribing.end(connection, subscription, owner)
                    return

        await self._units.write(work)

    async def list_own(self, claims: Claims, reference: str) -> tuple[NamedSubscription, ...]:
        """Return the caller's subscriptions, ended ones too, by the names of the newsletters."""

        def work(connection: Connection, session: Session) -> tuple[NamedSubscription, ...]:
            require_owner(session, reference)
            return repository.list_of_customer(connection, session.customer.id)

        return await self._units.read_as(claims, work)

    async def read_own(self, claims: Claims, reference: str, uuid: str) -> NamedSubscription:
        """Return one of the caller's subscriptions.

        Raises:
            SubscriptionNotFound: the caller has none with this id.
        """
        for named in await self.list_own(claims, reference):
            if named.subscription.uuid == uuid:
                return named
        raise SubscriptionNotFound

    async def subscribe(
        self,
        claims: Claims,
        reference: str,
        command: Subscribe,
        *,
        keep: Keep[NamedSubscription] = keep_nothing,
    ) -> NamedSubscription:
        """Mail the caller a key that confirms a newsletter; one that is subscribed stays so.

        Raises:
            NotWhileImpersonating: an operator acts as the customer.
            MailboxUnproven: the caller has never used a key that was mailed to the present address, so
                what it subscribed to is another's business.
            TypeNotFound: there is no such newsletter.
            TextUnknown: it never had the text.
        """

        def work(connection: Connection, session: Session) -> NamedSubscription:
            require_owner(session, reference)
            require_customer(session)
            if not customers.has_proven_mailbox(connection, session.customer.id):
                raise MailboxUnproven
            newsletter = _existing(connection, command)
            request = self._request(session.customer.email, command, newsletter)
            asked = self._subscribing.ask(connection, newsletter.id, request, session.customer)
            return NamedSubscription(asked, newsletter.uuid, newsletter.name)

        return await self._units.write_as(claims, work, keep)

    async def end_own(
        self, claims: Claims, reference: str, uuid: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """End one of the caller's subscriptions; one that has ended stays as it is.

        Raises:
            SubscriptionNotFound: the caller has none with this id.
        """

        def work(connection: Connection, session: Session) -> None:
            require_owner(session, reference)
            own = repository.lock_of_customer(connection, session.customer.id)
            found = next((it for it in own if it.uuid == uuid), None)
            if found is None:
                raise SubscriptionNotFound
            self._subscribing.end(connection, found, session.customer)

        await self._units.write_as(claims, work, keep)

    def _answer_one(
        self, connection: Connection, request_id: int, type_id: TypeId, request: Request
    ) -> bool:
        # The customer first, as an erasure does: who locks in another order waits for ever.
        customers.lock_by_email(connection, request.email)
        if not request_repository.take(connection, request_id):
            return False  # answered by another worker, or erased
        self._subscribing.ask(connection, type_id, request, None)
        return True

    def _request(self, email: str, command: Subscribe, newsletter: NewsletterType) -> Request:
        return Request(
            email=email,
            locale=command.locale,
            channel=command.channel,
            text_version=command.text_version or newsletter.text_version,
            asked_at=self._clock.now(),
        )


def _existing(connection: Connection, command: Subscribe) -> NewsletterType:
    newsletter = existing(type_repository.find(connection, command.newsletter_type))
    if command.text_version is not None and command.text_version > newsletter.text_version:
        raise TextUnknown
    return newsletter
