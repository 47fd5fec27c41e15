"""What a subscription goes through: asked for, confirmed by the mailbox, ended. All inside a unit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.customers import repository as customers
from customer_api.customers.models import Customer
from customer_api.mail.message import (
    NEWSLETTER_CONFIRMATION,
    NEWSLETTER_WELCOME,
    UNSUBSCRIBE_URL,
    Mail,
)
from customer_api.mail.outbox import Outbox
from customer_api.newsletter import repository, type_repository
from customer_api.newsletter.models import Request, State, Subscription, TypeId
from customer_api.newsletter.telling import tell_end, tell_where
from customer_api.security import one_time_keys
from customer_api.security.rate_limit import MailboxLimits

_ENDS: Final = frozenset({State.PENDING, State.SUBSCRIBED})
_NO_KEY: Final = {"key_digest": None, "key_expires_at": None, "wish": None}


class KeyUrl(Protocol):
    """Makes links into the storefront."""

    def with_key(self, key: str) -> str:
        """Return the link for one key."""


@dataclass(frozen=True, slots=True)
class NewsletterLinks:
    """Where the links of mails lead."""

    confirmation: KeyUrl
    unsubscription: KeyUrl
    one_click: KeyUrl | None
    """The endpoint at which one request ends a subscription; None when the public URL is not known."""


class Subscribing:
    """Leads subscriptions from one state to the next, each with its mail and its event."""

    def __init__(
        self,
        *,
        clock: Clock,
        outbox: Outbox,
        mailboxes: MailboxLimits,
        links: NewsletterLinks,
        key_ttl: timedelta,
    ) -> None:
        """Take the collaborators.

        Args:
            clock: tells when.
            outbox: takes the mails.
            mailboxes: limits them.
            links: where they lead.
            key_ttl: how long a mailbox has to confirm.
        """
        self._clock = clock
        self._outbox = outbox
        self._mailboxes = mailboxes
        self._links = links
        self._key_ttl = key_ttl

    def ask(
        self, connection: Connection, type_id: TypeId, request: Request, customer: Customer | None
    ) -> Subscription:
        """Mail a key to the mailbox unless it is subscribed, takes no mail, or got too many.

        Nothing is subscribed by that. A customer is locked and has proven the mailbox.
        """
        customer_id = None if customer is None else customer.id
        found = None
        while found is None:  # what is there can be removed before it is locked
            found = repository.add(
                connection, type_id, request, customer_id=customer_id
            ) or repository.lock_by_mailbox(connection, request.email, type_id)
        if customer is not None and found.customer_id != customer.id:
            found = repository.change(connection, found, {"customer_id": customer.id})
            tell_where(connection, found, customer, now=self._clock.now())
        at_mailbox = repository.find_of_keys(connection, {found.email_key})
        takes_no_mail = any(it.state is State.BOUNCED for it in at_mailbox)
        if found.state is State.SUBSCRIBED or takes_no_mail:
            return found
        if not self._mailboxes.allow(connection, found.email_key):
            return found
        return self._mail_key(connection, found, request, customer)

    def confirm(self, connection: Connection, key: str) -> Subscription | None:
        """Subscribe the mailbox that a key was mailed to; None for a key that does not work."""
        found = repository.find_by_key(connection, key)
        if found is None:
            return None
        customer = self._lock_owner(connection, found)
        subscription = repository.lock(connection, found.id)
        now = self._clock.now()
        if (
            subscription is None
            or subscription.shown_state is not State.PENDING
            or subscription.customer_id != found.customer_id
            or subscription.email_key != found.email_key
            or subscription.key_expires_at is None
            or subscription.key_expires_at <= now
        ):
            return None
        values = {
            "state": State.SUBSCRIBED,
            "customer_id": None if customer is None else customer.id,
            "confirmed_at": now,
            "ended_at": None,
            **_consent_of(subscription),
            **_NO_KEY,
        }
        subscribed = repository.change(connection, subscription, values)
        tell_where(connection, subscribed, customer, now=now)
        self._put(connection, NEWSLETTER_WELCOME, subscribed, customer)
        return subscribed

    def end(
        self,
        connection: Connection,
        subscription: Subscription,
        customer: Customer | None,
        state: State = State.UNSUBSCRIBED,
    ) -> None:
        """End a locked subscription; of one that has ended before, what was asked for since is void.

        `customer` is whose it is, None for a guest's.
        """
        if subscription.state is State.UNSUBSCRIBED and state is State.BOUNCED:
            repository.change(connection, subscription, {"state": state})  # its end was before
        if subscription.state not in _ENDS:
            repository.change(connection, subscription, _NO_KEY)
            return
        now = self._clock.now()
        values = {"state": state, "ended_at": now, **_NO_KEY}
        ended = repository.change(connection, subscription, values)
        if subscription.state is State.SUBSCRIBED:
            tell_end(connection, ended, customer, now=now)

    def _lock_owner(self, connection: Connection, found: Subscription) -> Customer | None:
        """Return whose a subscription is, or will be when its mailbox is proven; locked."""
        if found.customer_id is not None:
            return customers.lock(connection, found.customer_id)
        owner = customers.lock_by_email(connection, found.email)
        if owner is None or not customers.has_proven_mailbox(connection, owner.id):
            return None
        return owner

    def _mail_key(
        self,
        connection: Connection,
        subscription: Subscription,
        request: Request,
        customer: Customer | None,
    ) -> Subscription:
        key = one_time_keys.new_key()
        values: dict[str, object] = {
            "key_digest": one_time_keys.digest(key),
            "key_expires_at": self._clock.now() + self._key_ttl,
        }
        if subscription.state is State.PENDING:
            values |= asdict(request)
        else:  # anybody can ask, so the proof of what was before is not touched
            values["wish"] = request.to_wish()
        asked = repository.change(connection, subscription, values)
        hours = max(1, round(self._key_ttl / timedelta(hours=1)))
        variables = {
            "link": self._links.confirmation.with_key(key),
            "hours": str(hours),
            "consent": type_repository.text_of(connection, asked.type_id, request.text_version),
        }
        mailed = replace(asked, email=request.email, locale=request.locale)
        self._put(connection, NEWSLETTER_CONFIRMATION, mailed, customer, **variables)
        return asked

    def _put(
        self,
        connection: Connection,
        template: str,
        subscription: Subscription,
        customer: Customer | None,
        **variables: str,
    ) -> None:
        is_welcome = template == NEWSLETTER_WELCOME
        newsletter = type_repository.get(connection, subscription.type_id)
        if is_welcome:
            key = subscription.unsubscribe_key
            variables["link"] = self._links.unsubscription.with_key(key)
            if self._links.one_click is not None:
                variables[UNSUBSCRIBE_URL] = self._links.one_click.with_key(key)
        mail = Mail(
            template=template,
            recipient=subscription.email,
            locale=subscription.locale,
            reference=subscription.uuid if customer is None else customer.reference,
            customer_id=None if customer is None else customer.id,
            variables={
                "first_name": "" if customer is None else customer.first_name or "",
                "last_name": "" if customer is None else customer.last_name or "",
                "newsletter": newsletter.name,
                **variables,
            },
        )
        self._outbox.put(connection, mail, expires_after=None if is_welcome else self._key_ttl)


def _consent_of(subscription: Subscription) -> Mapping[str, object]:
    """Return the columns that say what the mailbox has agreed to, when it was asked for after an end."""
    if subscription.wish is None:
        return {}
    asked_at = datetime.fromisoformat(subscription.wish["asked_at"])
    return {**subscription.wish, "asked_at": asked_at}
