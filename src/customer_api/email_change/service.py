"""Changing the profile; what a new e-mail address takes is the business of `emails`."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.errors import PasswordsDiffer
from customer_api.customers.events import record_changes
from customer_api.customers.models import Customer, Session, Units
from customer_api.customers.service import (
    check_email_length,
    differing,
    require_customer,
    require_owner,
)
from customer_api.email_change.emails import EmailChangeService
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Command: change the profile."""

    values: Mapping[str, object]
    """Column name to new value; what is absent stays."""
    password: str | None
    """Never applied: storefront forms send one along, so only its repetition is compared."""
    confirm_password: str | None


@dataclass(frozen=True, slots=True)
class ChangedProfile:
    """What a change has led to."""

    customer: Customer
    """As it is now."""
    pending_email: str | None = None
    """The address that waits for its confirmation; None when this change asked for no other one."""
    has_other_email: bool = False
    """Whether another address applies from now on."""


class ProfileChangeService:
    """Changes the profile of the customer who calls."""

    def __init__(
        self, *, units: Units, clock: Clock, emails: EmailChangeService, verifies_emails: bool
    ) -> None:
        self._units = units
        self._clock = clock
        self._emails = emails
        self._verifies_emails = verifies_emails

    async def change_profile(
        self,
        claims: Claims,
        reference: str,
        command: ChangeProfile,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[ChangedProfile] = keep_nothing,
    ) -> ChangedProfile:
        """Change the profile; a command without values is fine.

        Another spelling of the e-mail address is stored like any value. Another address is asked
        for at its mailbox (setting `EMAIL_CHANGE`, `verified`); with `immediate` it applies at once
        and ends the customer's other sessions. `keep` is given the result inside its transaction.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            NotWhileImpersonating: another e-mail, also in spelling, and an operator acts as the
                customer.
            StateOutdated: the profile is in none of the expected states.
            PasswordsDiffer: a password was sent along and its repetition is another one.
            EmailTooLong: more than 100 characters.
            EmailTaken: another account has the new address, or can still take it back.
        """

        def work(connection: Connection, session: Session) -> ChangedProfile:
            require_owner(session, reference)
            if command.values.get("email", session.customer.email) != session.customer.email:
                require_customer(session)
            expected.require(session.customer.state)
            if command.password is not None and command.password != command.confirm_password:
                raise PasswordsDiffer
            check_email_length(command.values.get("email"))
            values = differing(session.customer, command.values)
            email = _other_address(session.customer, values)
            if email is None:
                return ChangedProfile(self._change(connection, session, values))
            if self._verifies_emails:
                del values["email"]
                self._emails.request(connection, session.customer, email)
                customer = self._change(connection, session, values)
                return ChangedProfile(customer, email)
            customer = self._emails.apply(connection, session.customer, values)
            now = self._clock.now()
            tokens.end_other_sessions(connection, session, EndReason.EMAIL_CHANGED, now=now)
            return ChangedProfile(customer, has_other_email=True)

        changed = await self._units.write_as(claims, work, keep)
        if changed.pending_email is not None:
            record(SecurityEvent.EMAIL_CHANGE_REQUESTED, reference=reference)
        if changed.has_other_email:
            record(SecurityEvent.EMAIL_CHANGED, reference=reference)
        return changed

    def _change(
        self, connection: Connection, session: Session, values: Mapping[str, object]
    ) -> Customer:
        if not values:
            return session.customer
        now = self._clock.now()
        customer = customers.change(connection, session.customer.id, values, now=now)
        record_changes(connection, session.customer, customer, now=now)
        return customer


def _other_address(customer: Customer, values: Mapping[str, object]) -> str | None:
    """Return the address among the values; None when it is the present one in any spelling."""
    email = values.get("email")
    is_other = isinstance(email, str) and email_key(email) != customer.email_key
    return str(email) if is_other else None
