"""Importing the customers of another shop."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import SecretStr
from sqlalchemy import Connection
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.credentials.models import Purpose
from customer_api.credentials.voiding import void_all_keys, void_keys, void_keys_of_password
from customer_api.customers import references
from customer_api.customers.models import Units
from customer_api.security import counters
from customer_api.security.hashing import PasswordHasher
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens
from customer_api.transfers.columns import Columns
from customer_api.transfers.customers import statements
from customer_api.transfers.customers.columns import CustomerRecord, parse_customer
from customer_api.transfers.customers.plan import CustomerPlan, CustomerPlanner
from customer_api.transfers.customers.statements import StoredCustomer
from customer_api.transfers.growth import expect_growth
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row


class CustomerImport(ImportKind[CustomerRecord]):
    """Creates and changes customers.

    Nobody gets a mail, and customers that were never confirmed are kept.
    """

    action = Action.CUSTOMERS_FILE_IMPORTED

    def __init__(
        self,
        columns: Columns,
        *,
        units: Units,
        clock: Clock,
        hasher: PasswordHasher,
        store: str,
        overwrites_passwords: bool,
    ) -> None:
        """Take collaborators.

        Args:
            columns: those of the file.
            units: the database.
            clock: tells when things were changed.
            hasher: hashes clear texts.
            store: prefix of the references that this shop counts.
            overwrites_passwords: whether digests replace others, which ends the sessions, or only
                fill gaps.
        """
        self.columns = columns
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._store = store
        self._overwrites_passwords = overwrites_passwords

    @override
    def parse(self, row: Row) -> CustomerRecord | Refusal:
        return parse_customer(self.columns, row)

    @override
    async def prepared(self, records: Sequence[CustomerRecord]) -> Sequence[CustomerRecord]:
        """Return the records with digests; clear texts are hashed where that may be needed."""
        typed = [it.reference for it in records if isinstance(it.password, SecretStr)]
        if not typed:
            return records
        stored = await self._units.read(lambda it: statements.find_stored(it, typed))
        prepared = []
        for record in records:
            if isinstance(record.password, SecretStr):
                digest = await self._digest(record.password, stored.get(record.reference))
                prepared.append(replace(record, password=digest))
            else:
                prepared.append(record)
        return prepared

    @override
    def plan(self, connection: Connection, records: Sequence[CustomerRecord]) -> CustomerPlan:
        keys = [str(record.values["email_key"]) for record in records]
        planner = CustomerPlanner(
            stored=statements.find_stored(connection, [it.reference for it in records]),
            owners=statements.find_owners(connection, keys),
            overwrites_passwords=self._overwrites_passwords,
        )
        return planner.plan(records)

    @override
    def write(self, connection: Connection, records: Sequence[CustomerRecord]) -> CustomerPlan:
        expect_growth(connection)
        # First of all, as at a sign-up: who locks in another order waits for ever.
        references.skip_imported(connection, self._store, [it.reference for it in records])
        plan = self.plan(connection, records)
        now = self._clock.now()
        statements.change(connection, plan.changed, now=now)  # may free addresses for new customers
        ids = statements.add(connection, plan.new, now=now)
        first_hashes = [(ids[reference], it) for reference, it in plan.first_hashes.items()]
        statements.add_password_hashes(connection, first_hashes, now=now)
        for customer_id in plan.moved:  # the old mailbox must not restore the password
            void_all_keys(connection, customer_id, now=now)
            tokens.end_all_sessions(connection, customer_id, EndReason.EMAIL_CHANGED, now=now)
        for former in sorted(plan.moved.values()):  # in one order, as they are locked
            counters.forget(connection, former)
        for customer_id, password_hash in plan.hashes.items():
            self._replace_password(connection, customer_id, password_hash)
        return plan

    def _replace_password(
        self, connection: Connection, customer_id: CustomerId, password_hash: str
    ) -> None:
        now = self._clock.now()
        credentials.set_password_hash(connection, customer_id, password_hash, now=now)
        void_keys_of_password(connection, customer_id, now=now)
        # Nor may an earlier change be taken back: that would remove the password of the shop.
        void_keys(connection, customer_id, Purpose.PASSWORD_UNDO, now=now)
        tokens.end_all_sessions(connection, customer_id, EndReason.PASSWORD_CHANGED, now=now)

    async def _digest(self, password: SecretStr, customer: StoredCustomer | None) -> str | None:
        """Return the stored digest where it serves, else a new one; None where none will be stored."""
        if customer is not None and customer.has_had_password and not self._overwrites_passwords:
            return None
        text = password.get_secret_value()
        known = None if customer is None else customer.password_hash
        if known is not None and (await self._hasher.verify(text, known)).matches:
            return known
        return await self._hasher.hash(text)
