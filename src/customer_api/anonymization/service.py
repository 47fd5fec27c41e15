"""Erasing a customer in one transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.anonymization import repository
from customer_api.anonymization.models import Actor, Receipt
from customer_api.core.clock import Clock
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.core.types import Claims
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer, Session, Units
from customer_api.customers.service import require_customer, require_owner
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.mail.message import ACCOUNT_DELETED
from customer_api.mail.outbox import Outbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.plugin import Anonymizer, ErasureContext

LAST_MAIL_TTL: Final = timedelta(hours=24)
"""After that the last mail is wiped, delivered or not."""


class AnonymizationService:
    """Runs every anonymizer over a customer; any failure leaves the customer as before."""

    def __init__(
        self, *, units: Units, clock: Clock, outbox: Outbox, anonymizers: Sequence[Anonymizer]
    ) -> None:
        self._units = units
        self._clock = clock
        self._outbox = outbox
        self._anonymizers = anonymizers

    async def erase_own_account(
        self, claims: Claims, reference: str, *, expected: ExpectedState = ANY_STATE
    ) -> None:
        """Erase the customer who calls.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            NotWhileImpersonating: an operator acts as the customer.
            StateOutdated: the customer is in none of the expected states.
        """

        def work(connection: Connection, session: Session) -> None:
            require_owner(session, reference)
            require_customer(session)
            expected.require(session.customer.state)
            self.erase(connection, session.customer, Actor.CUSTOMER)

        await self._units.write_as(claims, work)
        record_erasure(reference, Actor.CUSTOMER)
        await self._units.scrub()

    def erase(self, connection: Connection, customer: Customer, actor: Actor) -> None:
        """Erase a locked customer inside the caller's transaction; nothing if it is done already.

        The last mail is queued after the outbox was wiped and holds the old address until it is
        sent, at most `LAST_MAIL_TTL`; a mailbox that was never proven gets none.
        """
        if customer.anonymized_at is not None:
            return
        counts = self.run(connection, customer)
        receipt = Receipt(customer.reference, actor, self._clock.now(), counts)
        repository.add(connection, customer.id, receipt)
        recording.record(
            connection, EventType.CUSTOMER_ANONYMIZED, receipt.reference, now=receipt.erased_at
        )
        if customer.is_registered:
            self._outbox.put(
                connection, mail_to(customer, ACCOUNT_DELETED), expires_after=LAST_MAIL_TTL
            )

    def run(self, connection: Connection, customer: Customer) -> dict[str, int]:
        """Run every anonymizer, in their order, and return the rows that each has touched."""
        context = ErasureContext(
            connection=connection,
            customer_id=customer.id,
            reference=customer.reference,
            email_key=customer.email_key,
            now=self._clock.now(),
        )
        return {anonymizer.name: anonymizer.erase(context) for anonymizer in self._anonymizers}


def record_erasure(reference: str, actor: Actor) -> None:
    """Record that an erasure was committed."""
    record(SecurityEvent.CUSTOMER_ERASED, reference=reference, actor=actor)
