"""Issuing and using mailed keys."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId
from customer_api.credentials import repository
from customer_api.credentials.models import UNDO, Purpose
from customer_api.credentials.repository import StoredKey
from customer_api.credentials.voiding import void_keys
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.models import Customer
from customer_api.security import one_time_keys


class MailedKeys:
    """One-time keys of one purpose: 256 random bits that prove a mailbox."""

    def __init__(self, purpose: Purpose, *, clock: Clock, ttl_seconds: int) -> None:
        self._purpose = purpose
        self._clock = clock
        self.ttl = timedelta(seconds=ttl_seconds)
        """How long a key works."""

    @property
    def ttl_hours(self) -> int:
        """Lifetime in whole hours, at least 1, for the text of the mail."""
        return max(1, round(self.ttl / timedelta(hours=1)))

    @property
    def ttl_minutes(self) -> int:
        """Lifetime in whole minutes, at least 1, for the text of the mail."""
        return max(1, round(self.ttl / timedelta(minutes=1)))

    def issue(
        self, connection: Connection, customer_id: CustomerId, *, email: str | None = None
    ) -> str:
        """Return a fresh key, to be mailed; the customer's older ones stop working, but undo keys.

        `email` is the address that using the key leads to.
        """
        key = one_time_keys.new_key()
        now = self._clock.now()
        if self._purpose not in UNDO:
            self.void(connection, customer_id)
        repository.add_key(
            connection,
            customer_id,
            self._purpose,
            digest=one_time_keys.digest(key),
            now=now,
            expires_at=now + self.ttl,
            email=email,
        )
        return key

    def was_issued_since(
        self, connection: Connection, customer_id: CustomerId, moment: datetime
    ) -> bool:
        """Return whether the customer got a key after a moment that still works."""
        return repository.has_key_since(connection, customer_id, self._purpose, moment)

    def find(self, connection: Connection, key: str) -> StoredKey | None:
        """Return what is known of a key while it works, without consuming it."""
        return repository.find_working_key(
            connection,
            self._purpose,
            digest=one_time_keys.digest(key),
            now=self._clock.now(),
        )

    def find_owner(self, connection: Connection, key: str) -> Customer | None:
        """Return whose key this is while it works, without consuming it."""
        found = self.find(connection, key)
        return None if found is None else customers.find_by_id(connection, found.customer_id)

    def use(self, connection: Connection, key: str) -> Customer | None:
        """Consume a key and return its owner, locked; None when it does not work (any more)."""
        taken = self.take(connection, key)
        return None if taken is None else taken[0]

    def take(self, connection: Connection, key: str) -> tuple[Customer, StoredKey] | None:
        """Like `use`, and return what was known of the key, too.

        Whoever has the key reads the mailbox that it was sent to, which is noted. Keys die with the
        address, so that is the present one unless the key leads to another.
        """
        found = self.find(connection, key)
        if found is None:
            return None
        customer = customers.lock(connection, found.customer_id)
        is_ours = repository.use_key(
            connection, self._purpose, digest=one_time_keys.digest(key), now=self._clock.now()
        )
        if not is_ours:
            return None
        if self._purpose is not Purpose.ERASURE:  # which is not mailed
            address = customer.email_key if found.email is None else email_key(found.email)
            customers.prove_mailbox(connection, customer.id, address)
        return customer, found

    def void(self, connection: Connection, customer_id: CustomerId) -> None:
        """Make the customer's keys of this purpose worthless."""
        void_keys(connection, customer_id, self._purpose, now=self._clock.now())
