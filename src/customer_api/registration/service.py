"""Signing up and confirming."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import CustomerId, Reference
from customer_api.credentials import repository as credentials
from customer_api.credentials.keys import MailedKeys
from customer_api.credentials.mails import KeyMails
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.errors import PasswordsDiffer
from customer_api.customers.events import record_password_change
from customer_api.customers.models import Customer, NewCustomer, Units
from customer_api.customers.references import References
from customer_api.customers.service import check_email_length
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.mail.message import PASSWORD_RESTORE, REGISTRATION_CONFIRMATION, WELCOME
from customer_api.newsletter.mailboxes import prove_mailbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.registration import repository
from customer_api.registration.errors import AddressHeld, ConfirmationKeyInvalid
from customer_api.registration.taken import TakenAddress, TakenAddresses
from customer_api.security.hashing import PasswordHasher
from customer_api.security.password_policy import PasswordPolicy
from customer_api.security.rate_limit import MailboxLimits

REFERENCE_ATTEMPTS: Final = 1000
"""A sequence may have to step over that many imported references."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """Command: open an account. What a shop does not demand may be None."""

    email: str
    password: str
    confirm_password: str | None
    has_accepted_terms: bool
    salutation: str | None
    first_name: str | None
    last_name: str | None
    gender: str | None
    date_of_birth: date | None
    phone: str | None
    locale: str


@dataclass(frozen=True, slots=True)
class RegistrationRules:
    """What a shop decides about registration."""

    has_double_opt_in: bool
    hides_conflicts: bool
    terms_version: str


class RegistrationService:
    """Opens accounts."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        hasher: PasswordHasher,
        policy: PasswordPolicy,
        references: References,
        mailboxes: MailboxLimits,
        taken: TakenAddresses,
        keys: MailedKeys,
        confirmations: KeyMails,
        restores: KeyMails,
        rules: RegistrationRules,
    ) -> None:
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._policy = policy
        self._references = references
        self._mailboxes = mailboxes
        self._taken = taken
        self._keys = keys
        self._confirmations = confirmations
        self._restores = restores
        self._rules = rules

    async def sign_up(self, command: SignUp, *, keep: Keep[Customer] = keep_nothing) -> Customer:
        """Register a customer and queue the confirmation (or welcome) mail.

        The mailbox gets a few mails an hour at the most; beyond that the mail is left out, and
        registering again later brings it. A taken address: see `TakenAddresses`. `keep`
        is given the customer inside the transaction (`UnitsOfWork.write`).

        Raises:
            PasswordsDiffer: the two passwords are not the same.
            PasswordRefused: the policy rejects it; the subclass names the first broken rule.
            EmailTooLong: more than 100 characters.
            EmailTaken: the address has an account (unless conflicts are hidden; then a customer
                is returned that has nothing but the internal id in common with that account).
        """
        if command.confirm_password not in {None, command.password}:
            raise PasswordsDiffer
        check_email_length(command.email)
        self._policy.check(command.password, email=command.email)
        digest = await self._hasher.hash(command.password)
        try:
            return await self._open(command, digest, keep)
        except AddressHeld as conflict:
            if not self._rules.hides_conflicts:
                raise
            return await self._hide(command, conflict.holder, keep)

    async def confirm(self, key: str) -> None:
        """Mark the owner of a mailed key as registered.

        After a repeated registration the password is removed and a restore mail is queued.

        Raises:
            ConfirmationKeyInvalid: the key does not work, for whatever reason.
        """

        def work(connection: Connection) -> Customer:
            customer = self._keys.use(connection, key)
            if customer is None:
                raise ConfirmationKeyInvalid
            now = self._clock.now()
            is_first = customers.mark_registered(connection, customer.id, now=now)
            prove_mailbox(connection, customer, now=now)
            if is_first:
                recording.record(
                    connection, EventType.CUSTOMER_CONFIRMED, customer.reference, now=now
                )
            if is_first and repository.is_repeated(connection, customer.id):
                credentials.remove_password(connection, customer.id)
                record_password_change(connection, customer, now=now)
                self._restores.send(connection, customer, PASSWORD_RESTORE)
            return customer

        customer = await self._units.write(work)
        record(SecurityEvent.REGISTRATION_CONFIRMED, reference=customer.reference)

    async def _open(self, command: SignUp, digest: str, keep: Keep[Customer]) -> Customer:
        def work(connection: Connection) -> tuple[Customer | TakenAddress, bool]:
            customer = self._add(connection, command)
            if isinstance(customer, TakenAddress):
                return customer, False
            now = self._clock.now()
            credentials.set_password_hash(connection, customer.id, digest, now=now)
            repository.add(
                connection,
                customer.id,
                now=now,
                awaits_confirmation=self._rules.has_double_opt_in,
                terms_version=self._rules.terms_version if command.has_accepted_terms else None,
            )
            recording.record(connection, EventType.CUSTOMER_REGISTERED, customer.reference, now=now)
            is_mailed = self._mailboxes.allow(connection, customer.email_key)
            if is_mailed:
                template = REGISTRATION_CONFIRMATION if self._rules.has_double_opt_in else WELCOME
                self._confirmations.send(connection, customer, template)
            keep(connection, customer)
            return customer, is_mailed

        outcome, is_mailed = await self._units.write(work)
        while isinstance(outcome, TakenAddress):
            if await self._taken.tell(outcome, command.password):
                raise AddressHeld(outcome.owner.id)
            outcome, is_mailed = await self._units.write(work)
        record(SecurityEvent.CUSTOMER_REGISTERED, reference=outcome.reference)
        if not is_mailed:
            record(SecurityEvent.MAIL_LIMIT_REACHED, reference=outcome.reference)
        return outcome

    def _add(self, connection: Connection, command: SignUp) -> Customer | TakenAddress:
        for _ in range(REFERENCE_ATTEMPTS):
            reference = self._references.next(connection)
            added = customers.add(connection, self._new(command, reference), now=self._clock.now())
            if added is not None:
                self._refuse_reserved(connection, added)
                return added
            owner = customers.lock_by_email(connection, command.email)
            if owner is not None and owner.is_registered:
                return TakenAddress(owner, None)
            if owner is not None:
                return TakenAddress(owner, credentials.find_password_hash(connection, owner.id))
        raise RuntimeError("no free customer reference found")

    def _refuse_reserved(self, connection: Connection, added: Customer) -> None:
        now = self._clock.now()
        holder = credentials.find_holder(connection, added.email, but_for=added.id, now=now)
        if holder is not None:
            raise AddressHeld(holder)

    def _new(self, command: SignUp, reference: Reference) -> NewCustomer:
        return NewCustomer(
            reference=reference,
            email=command.email,
            salutation=command.salutation,
            first_name=command.first_name,
            last_name=command.last_name,
            gender=command.gender,
            date_of_birth=command.date_of_birth,
            company=None,
            phone=command.phone,
            locale=command.locale,
            registered_at=None if self._rules.has_double_opt_in else self._clock.now(),
        )

    async def _hide(self, command: SignUp, holder: CustomerId, keep: Keep[Customer]) -> Customer:
        """Answer as for a free address, after the registration was rolled back."""

        def work(connection: Connection) -> Customer:
            reference = self._references.next(connection)  # before the customer, as in `_add`
            return self._phantom(command, reference, owner=customers.lock(connection, holder))

        return await self._units.write(work, keep)

    def _phantom(self, command: SignUp, reference: Reference, *, owner: Customer) -> Customer:
        """Return what a free address would have got; its data is erased with the owner's."""
        new = self._new(command, reference)
        now = self._clock.now()
        return Customer(
            id=owner.id,
            reference=new.reference,
            email=new.email,
            email_key=email_key(new.email),
            salutation=new.salutation,
            first_name=new.first_name,
            last_name=new.last_name,
            gender=new.gender,
            date_of_birth=new.date_of_birth,
            company=new.company,
            phone=new.phone,
            locale=new.locale,
            registered_at=new.registered_at,
            default_billing_address_id=None,
            default_shipping_address_id=None,
            locked_at=None,
            lock_reason=None,
            anonymized_at=None,
            created_at=now,
            updated_at=now,
            version=1,
        )
