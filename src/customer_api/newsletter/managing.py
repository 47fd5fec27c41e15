"""Newsletters in the hands of callers of the back office, who see no subscriptions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from customer_api.audit import repository as audit
from customer_api.audit.models import Acting, Action
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, UnitsOfWork, keep_nothing
from customer_api.core.ids import CustomerId, random_uuid
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.newsletter import repository, type_repository
from customer_api.newsletter.errors import TypeInUse, TypeNameTaken
from customer_api.newsletter.models import NewsletterType, State
from customer_api.newsletter.subscribing import Subscribing
from customer_api.newsletter.type_repository import existing

_NAMES: Final = {"name": "name", "description": "description", "consent_text": "consentText"}
"""What audit events call the columns."""


@dataclass(frozen=True, slots=True)
class CreateType:
    """Command: add a newsletter."""

    name: str
    description: str | None
    consent_text: str


@dataclass(frozen=True, slots=True)
class ChangeType:
    """Command: the sent attributes of a newsletter."""

    values: Mapping[str, str | None]
    """By `name`, `description` and `consent_text`; what is absent stays."""


class NewsletterManagement:
    """Keeps the newsletters, and takes reports of mailboxes that take no mail.

    Each change leaves an audit event about the newsletter, by its uuid.

    Raises (all methods that take a uuid):
        TypeNotFound: there is none with this id.
    """

    def __init__(
        self, *, units: UnitsOfWork[Acting], clock: Clock, subscribing: Subscribing
    ) -> None:
        self._units = units
        self._clock = clock
        self._subscribing = subscribing

    async def list_all(self, claims: Claims) -> tuple[NewsletterType, ...]:
        """Return all newsletters by name."""
        return await self._units.read_as(claims, lambda it, _: type_repository.list_all(it))

    async def read(self, claims: Claims, uuid: str) -> NewsletterType:
        """Return a newsletter."""
        return await self._units.read_as(
            claims, lambda it, _: existing(type_repository.find(it, uuid))
        )

    async def create(
        self, claims: Claims, command: CreateType, *, keep: Keep[NewsletterType] = keep_nothing
    ) -> NewsletterType:
        """Add a newsletter.

        Raises:
            TypeNameTaken: another one has the name.
        """

        def work(connection: Connection, acting: Acting) -> NewsletterType:
            now, uuid = self._clock.now(), random_uuid()
            added = type_repository.add(
                connection,
                uuid=uuid,
                name=command.name,
                description=command.description,
                consent_text=command.consent_text,
                now=now,
            )
            if added is None:
                raise TypeNameTaken
            audit.add(connection, acting.actor, Action.NEWSLETTER_TYPE_CREATED, uuid, now=now)
            return added

        return await self._units.write_as(claims, work, keep)

    async def change(
        self,
        claims: Claims,
        uuid: str,
        command: ChangeType,
        *,
        keep: Keep[NewsletterType] = keep_nothing,
    ) -> NewsletterType:
        """Change a newsletter; another text is a new version, and those who agreed before stay.

        Raises:
            TypeNameTaken: another one has the name.
        """

        def work(connection: Connection, acting: Acting) -> NewsletterType:
            before = existing(type_repository.lock(connection, uuid))
            changed = [
                _NAMES[column]
                for column, value in command.values.items()
                if value != getattr(before, column)
            ]
            if not changed:
                return before
            now = self._clock.now()
            action = Action.NEWSLETTER_TYPE_CHANGED
            audit.add(connection, acting.actor, action, uuid, now=now, fields=changed)
            return self._change(connection, before, command)

        return await self._units.write_as(claims, work, keep)

    async def remove(self, claims: Claims, uuid: str, *, keep: Keep[None] = keep_nothing) -> None:
        """Remove a newsletter that nobody ever subscribed to.

        Raises:
            TypeInUse: somebody did.
        """

        def work(connection: Connection, acting: Acting) -> None:
            before = existing(type_repository.lock(connection, uuid))
            if type_repository.is_used(connection, before.id):
                raise TypeInUse
            type_repository.remove(connection, before.id)
            now = self._clock.now()
            audit.add(connection, acting.actor, Action.NEWSLETTER_TYPE_REMOVED, uuid, now=now)

        await self._units.write_as(claims, work, keep)

    async def report_bounces(
        self, claims: Claims, emails: Sequence[str], *, keep: Keep[None] = keep_nothing
    ) -> None:
        """End all subscriptions of mailboxes that take no mail, and send them none any more.

        Nobody is told which of them there are.
        """

        def work(connection: Connection, acting: Acting) -> None:
            keys = {email_key(email) for email in emails}
            found = repository.find_of_keys(connection, keys)
            ids = sorted({it.customer_id for it in found if it.customer_id is not None})
            owners = {it: customers.lock(connection, CustomerId(it)) for it in ids}
            for subscription in repository.lock_by_keys(connection, keys):
                owner = owners.get(subscription.customer_id or CustomerId(0))
                self._subscribing.end(connection, subscription, owner, State.BOUNCED)
            now = self._clock.now()
            audit.add(connection, acting.actor, Action.NEWSLETTER_BOUNCES_REPORTED, "", now=now)

        await self._units.write_as(claims, work, keep)

    def _change(
        self, connection: Connection, before: NewsletterType, command: ChangeType
    ) -> NewsletterType:
        now = self._clock.now()
        name = command.values.get("name") or before.name
        text = command.values.get("consent_text") or before.consent_text
        version = before.text_version + (text != before.consent_text)
        # Asked first, because PostgreSQL logs a violated index. The index decides.
        if type_repository.is_taken(connection, name, but_by=before.id):
            raise TypeNameTaken
        if version != before.text_version:
            type_repository.add_text(connection, before.id, version, text, now=now)
        try:
            return type_repository.change(
                connection,
                before.id,
                name=name,
                description=command.values.get("description", before.description),
                text_version=version,
                now=now,
            )
        except IntegrityError as error:
            raise TypeNameTaken from error
