"""Changing profile and default addresses of customers for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from customer_api.addresses import repository as addresses
from customer_api.addresses.directory import ListedCustomer, with_default_uuids
from customer_api.addresses.errors import AddressNotFound
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import AddressId
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.events import changed_fields, record_changes
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer
from customer_api.customers.service import check_locale, differing
from customer_api.email_change.emails import EmailChangeService
from customer_api.email_change.errors import EmailLocked
from customer_api.mail.message import EMAIL_ASSIGNED
from customer_api.mail.outbox import Outbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators.models import CallerClaims, OperatedCustomer, OperatedUnits
from customer_api.operators.scopes import Scope
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens


@dataclass(frozen=True, slots=True)
class ChangeCustomer:
    """Command: change a customer."""

    values: Mapping[str, object]
    """Column name to new value; what is absent stays, None empties."""
    default_addresses: Mapping[str, str | None]
    """Column name of a default to the uuid of an address of the customer, or None; absent: it stays."""


@dataclass(frozen=True, slots=True)
class ChangedCustomer:
    """A customer after a change."""

    listed: ListedCustomer
    changed: tuple[str, ...]
    """What differs from before, by the names of attributes; empty when nothing does."""


class FirstMails(Protocol):
    """Mails by which customers prove a mailbox for the first time."""

    def send_again(self, connection: Connection, customer: Customer) -> None:
        """Void all mailed keys of an unconfirmed customer, and mail the present address a new one."""


class CustomerChanges:
    """Changes customers in the hands of operators."""

    def __init__(
        self,
        *,
        units: OperatedUnits,
        clock: Clock,
        emails: EmailChangeService,
        first_mails: FirstMails,
        outbox: Outbox,
        locales: Sequence[str],
    ) -> None:
        self._units = units
        self._clock = clock
        self._emails = emails
        self._first_mails = first_mails
        self._outbox = outbox
        self._locales = locales

    async def change(
        self,
        claims: CallerClaims,
        command: ChangeCustomer,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[ChangedCustomer] = keep_nothing,
    ) -> ChangedCustomer:
        """Change profile and default addresses; what is there already is no change.

        The e-mail address is locked: to change it takes a scope of its own. Then it applies at once
        and all sessions end. Both mailboxes are told, and the old one can undo it. If nobody has
        proven that one, it may be a typing error: it is told nothing, its keys die, and the new one
        gets the mail that confirms the account.

        Raises:
            StateOutdated: the customer is in none of the expected states.
            LocaleUnknown: the shop does not have the new locale.
            EmailLocked: the e-mail address is another one, and the caller may not change it.
            EmailTaken: another account has the new address, or can still take it back.
            AddressNotFound: the customer has no address with the uuid of a default.
        """
        has_other_email = False

        def work(connection: Connection, operated: OperatedCustomer) -> ChangedCustomer:
            nonlocal has_other_email
            expected.require(operated.customer.state)
            check_locale(command.values.get("locale"), self._locales)
            customer = self._change(connection, operated, command.values)
            if command.default_addresses:
                before = customer
                customer = self._set_defaults(connection, before, command.default_addresses)
                record_changes(connection, before, customer, now=self._clock.now())
            has_other_email = customer.email_key != operated.customer.email_key
            listed = with_default_uuids(connection, [customer])[0]
            changed = sorted(changed_fields(operated.customer, customer))
            return ChangedCustomer(listed, tuple(changed))

        result = await self._units.write_as(claims, work, keep)
        if has_other_email:
            record(SecurityEvent.EMAIL_CHANGED, reference=result.listed.customer.reference)
        return result

    def _change(
        self, connection: Connection, operated: OperatedCustomer, values: Mapping[str, object]
    ) -> Customer:
        before, now = operated.customer, self._clock.now()
        values = differing(before, values)
        email = values.get("email", before.email)
        if email != before.email and Scope.CUSTOMERS_EMAIL not in operated.caller.scopes:
            raise EmailLocked
        if email_key(str(email)) == before.email_key:
            after = customers.change(connection, before.id, values, now=now) if values else before
            record_changes(connection, before, after, now=now)
            return after
        tokens.end_all_sessions(connection, before.id, EndReason.EMAIL_CHANGED, now=now)
        if before.is_registered:
            after = self._emails.apply(connection, before, values)
            self._outbox.put(connection, mail_to(after, EMAIL_ASSIGNED))
        else:  # perhaps the old mailbox is a stranger's
            after = self._emails.move(connection, before, values)
            self._first_mails.send_again(connection, after)
        return after

    def _set_defaults(
        self, connection: Connection, customer: Customer, wanted: Mapping[str, str | None]
    ) -> Customer:
        ids: dict[str, AddressId | None] = {
            "default_billing_address_id": customer.default_billing_address_id,
            "default_shipping_address_id": customer.default_shipping_address_id,
        }
        for column, uuid in wanted.items():
            address = None if uuid is None else addresses.find(connection, customer.id, uuid)
            if uuid is not None and address is None:
                raise AddressNotFound
            ids[column] = None if address is None else address.id
        if not differing(customer, ids):
            return customer
        return customers.set_default_addresses(
            connection,
            customer.id,
            billing=ids["default_billing_address_id"],
            shipping=ids["default_shipping_address_id"],
            now=self._clock.now(),
        )
