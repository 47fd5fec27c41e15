"""Changing the profile; an e-mail address changes at once (setting `EMAIL_CHANGE`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.core.types import Claims
from customer_api.credentials import repository as credentials
from customer_api.customers import repository as customers
from customer_api.customers.errors import PasswordsDiffer
from customer_api.customers.models import Customer, Session, Units
from customer_api.customers.service import check_email_length, require_owner
from customer_api.security import rate_limit


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Command: change the profile."""

    values: Mapping[str, object]
    """Column name to new value; what is absent stays."""
    password: str | None
    """Never applied: storefront forms send one along, so only its repetition is compared."""
    confirm_password: str | None


class ProfileChangeService:
    """Changes the profile of the customer who calls."""

    def __init__(self, *, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def change_profile(
        self,
        claims: Claims,
        reference: str,
        command: ChangeProfile,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[Customer] = keep_nothing,
    ) -> Customer:
        """Change the profile and return it as it is now; a command without values is fine.

        With the e-mail address all mailed keys die: whoever reads the old mailbox must not be able
        to restore the password. `keep` is given the result inside its transaction.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            StateOutdated: the profile is in none of the expected states.
            PasswordsDiffer: a password was sent along and its repetition is another one.
            EmailTooLong: more than 100 characters.
            EmailTaken: another account has the new address.
        """

        def work(connection: Connection, session: Session) -> Customer:
            before = session.customer
            require_owner(session, reference)
            expected.require(before.state)
            if command.password is not None and command.password != command.confirm_password:
                raise PasswordsDiffer
            check_email_length(command.values.get("email"))
            if not command.values:
                return before
            after = customers.change(connection, before.id, command.values, now=self._clock.now())
            if after.email_key != before.email_key:
                credentials.remove_all_keys(connection, before.id)
                rate_limit.forget(connection, before.email_key)
            return after

        return await self._units.write_as(claims, work, keep)
