"""Importing the address books of another shop."""

from collections.abc import Sequence

from sqlalchemy import Connection
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.transfers.addresses import statements
from customer_api.transfers.addresses.columns import AddressRecord, parse_address
from customer_api.transfers.addresses.plan import AddressPlan, AddressPlanner
from customer_api.transfers.columns import Columns
from customer_api.transfers.growth import expect_growth
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.owners import lock_owners
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row


class AddressImport(ImportKind[AddressRecord]):
    """Creates and changes addresses of customers who exist."""

    action = Action.ADDRESSES_FILE_IMPORTED

    def __init__(self, columns: Columns, *, clock: Clock) -> None:
        """Take the columns of the file, and a clock that tells when things were changed."""
        self.columns = columns
        self._clock = clock

    @override
    def parse(self, row: Row) -> AddressRecord | Refusal:
        return parse_address(self.columns, row)

    @override
    def plan(self, connection: Connection, records: Sequence[AddressRecord]) -> AddressPlan:
        owners = lock_owners(connection, (it.reference for it in records))
        unnamed = {it.reference for it in records if it.uuid is None} & owners.keys()
        planner = AddressPlanner(
            owners=owners,
            # A later statement than the one that waits for the locks: it sees what others committed.
            roles=statements.find_roles(connection, owners.values()),
            by_uuid=statements.find_by_uuid(
                connection, [it.uuid for it in records if it.uuid is not None]
            ),
            books=statements.list_of_owners(connection, [owners[it].id for it in unnamed]),
            make_uuid=random_uuid,
        )
        return planner.plan(records)

    @override
    def write(self, connection: Connection, records: Sequence[AddressRecord]) -> AddressPlan:
        expect_growth(connection)
        plan = self.plan(connection, records)
        now = self._clock.now()
        statements.add(connection, plan.new, now=now)
        statements.change(connection, plan.changed, now=now)
        statements.set_defaults(connection, plan.roles)
        return plan
