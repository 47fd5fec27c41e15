"""Opening accounts for customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.credentials import repository as credentials
from customer_api.credentials.mails import KeyMails
from customer_api.customers import repository as customers
from customer_api.customers.errors import EmailTaken
from customer_api.customers.models import Customer, NewCustomer
from customer_api.customers.references import References
from customer_api.customers.service import check_locale
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.mail.message import PASSWORD_INVITATION, REGISTRATION_CONFIRMATION
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims
from customer_api.registration.service import REFERENCE_ATTEMPTS
from customer_api.security.rate_limit import MailboxLimits


@dataclass(frozen=True, slots=True)
class CreateCustomer:
    """Command: open an account for somebody else, without a password."""

    email: str
    salutation: str | None
    first_name: str
    last_name: str
    gender: str | None
    date_of_birth: date | None
    company: str | None
    phone: str | None
    locale: str | None
    sends_password_key: bool
    """Whether a mail lets the customer set a password, which confirms the account, too."""
    sends_confirmation: bool
    """Whether a mail lets the customer confirm the account."""


class CustomerCreation:
    """Opens accounts that operators ask for. Nothing erases them when they are never confirmed."""

    def __init__(
        self,
        *,
        units: BackOfficeUnits,
        clock: Clock,
        references: References,
        mailboxes: MailboxLimits,
        confirmations: KeyMails,
        invitations: KeyMails,
        locales: Sequence[str],
    ) -> None:
        self._units = units
        self._clock = clock
        self._references = references
        self._mailboxes = mailboxes
        self._confirmations = confirmations
        self._invitations = invitations
        self._locales = locales

    async def create(
        self,
        claims: CallerClaims,
        command: CreateCustomer,
        *,
        keep: Keep[Customer] = keep_nothing,
    ) -> Customer:
        """Add a customer, who confirms the account by one of the mails.

        A mailbox that got too many mails gets none; they can be sent later.

        Raises:
            LocaleUnknown: the shop does not have the locale.
            EmailTaken: another account has the address, or can still take it back.
        """
        check_locale(command.locale, self._locales)

        def work(connection: Connection, caller: Caller) -> Customer:
            customer = self._add(connection, command)
            now = self._clock.now()
            recording.record(connection, EventType.CUSTOMER_REGISTERED, customer.reference, now=now)
            audit.add(
                connection,
                caller.actor,
                Action.CUSTOMER_CREATED,
                customer.reference,
                now=now,
                fields=claims.fields,
            )
            if command.sends_password_key and self._may_mail(connection, customer):
                self._invitations.send(connection, customer, PASSWORD_INVITATION)
            if command.sends_confirmation and self._may_mail(connection, customer):
                self._confirmations.send(connection, customer, REGISTRATION_CONFIRMATION)
            return customer

        customer = await self._units.write_as(claims, work, keep)
        record(SecurityEvent.CUSTOMER_REGISTERED, reference=customer.reference)
        return customer

    def _add(self, connection: Connection, command: CreateCustomer) -> Customer:
        now = self._clock.now()
        for _ in range(REFERENCE_ATTEMPTS):
            new = NewCustomer(
                reference=self._references.next(connection),
                email=command.email,
                registered_at=None,
                salutation=command.salutation,
                first_name=command.first_name,
                last_name=command.last_name,
                gender=command.gender,
                date_of_birth=command.date_of_birth,
                company=command.company,
                phone=command.phone,
                locale=command.locale,
            )
            added = customers.add(connection, new, now=now)
            if added is None and customers.find_by_email(connection, command.email) is None:
                continue  # an imported customer has the reference
            if added is None or credentials.find_holder(
                connection, command.email, but_for=added.id, now=now
            ):
                raise EmailTaken
            return added
        raise RuntimeError("no free customer reference found")

    def _may_mail(self, connection: Connection, customer: Customer) -> bool:
        return self._mailboxes.allow(connection, customer.email_key)
