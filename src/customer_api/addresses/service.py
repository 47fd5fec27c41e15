"""The rules of the address book, above all those of the two defaults."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.addresses import repository
from customer_api.addresses.errors import AddressNotFound
from customer_api.addresses.models import Address, BookEntry
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import AddressId, random_uuid
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.models import Access, Customer, CustomerUnits
from customer_api.customers.service import require_owner
from customer_api.events import recording
from customer_api.events.models import EventType


@dataclass(frozen=True, slots=True)
class SaveAddress:
    """Command: the sent fields of a new or changed address."""

    values: Mapping[str, object]
    """Column name to new value; what is absent stays (or is empty in a new address)."""
    is_default_billing: bool
    is_default_shipping: bool


class AddressService:
    """Keeps the address book of the customer to whom there is access: their own, or by an operator.

    The units see to it that an operator's reference is the customer's, so only a customer who calls
    can meet `NotOwner`, and `CustomerNotFound` in place of it.

    Raises (all methods that take a reference):
        NotOwner: the reference is not the caller's own, whether it exists or not.
        AddressNotFound: the customer has no address with this uuid.
        StateOutdated: the address is in none of the expected states.

    `keep` is given the result inside its transaction (`UnitsOfWork.write`).
    """

    def __init__(self, *, units: CustomerUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def book(self, claims: Claims, reference: str) -> tuple[BookEntry, ...]:
        """Return all addresses in the order of creation."""

        def work(connection: Connection, session: Access) -> tuple[BookEntry, ...]:
            require_owner(session, reference)
            return book_of(connection, session.customer)

        return await self._units.read_as(claims, work)

    async def entry(self, claims: Claims, reference: str, uuid: str) -> BookEntry:
        """Return one address."""

        def work(connection: Connection, session: Access) -> BookEntry:
            require_owner(session, reference)
            return _get(connection, session.customer, uuid)

        return await self._units.read_as(claims, work)

    async def add(
        self,
        claims: Claims,
        reference: str,
        command: SaveAddress,
        *,
        keep: Keep[BookEntry] = keep_nothing,
    ) -> BookEntry:
        """Add an address; it becomes a default when it asks to be or when there is none."""

        def work(connection: Connection, session: Access) -> BookEntry:
            require_owner(session, reference)
            address = repository.add(
                connection,
                session.customer.id,
                command.values,
                uuid=random_uuid(),
                now=self._clock.now(),
            )
            entry = self._as_default_where_asked(connection, session.customer, address, command)
            self._record(connection, EventType.ADDRESS_CREATED, session.customer, entry)
            return entry

        return await self._units.write_as(claims, work, keep)

    async def change(
        self,
        claims: Claims,
        reference: str,
        uuid: str,
        command: SaveAddress,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[BookEntry] = keep_nothing,
    ) -> BookEntry:
        """Change an address; the rule of the defaults is that of `add`."""

        def work(connection: Connection, session: Access) -> BookEntry:
            require_owner(session, reference)
            expected.require(_get(connection, session.customer, uuid).state)
            address = repository.change(
                connection,
                session.customer.id,
                uuid,
                changes=command.values,
                now=self._clock.now(),
            )
            entry = self._as_default_where_asked(connection, session.customer, address, command)
            self._record(connection, EventType.ADDRESS_UPDATED, session.customer, entry)
            return entry

        return await self._units.write_as(claims, work, keep)

    async def remove(
        self,
        claims: Claims,
        reference: str,
        uuid: str,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[None] = keep_nothing,
    ) -> None:
        """Remove an address; a default it was has no successor until the next add or change."""

        def work(connection: Connection, session: Access) -> None:
            require_owner(session, reference)
            customer = session.customer
            entry = _get(connection, customer, uuid)
            expected.require(entry.state)
            repository.remove(connection, customer.id, uuid, now=self._clock.now())
            self._set_defaults(
                connection,
                customer,
                billing=_unless(customer.default_billing_address_id, entry.address.id),
                shipping=_unless(customer.default_shipping_address_id, entry.address.id),
            )
            self._record(connection, EventType.ADDRESS_DELETED, customer, entry)

        await self._units.write_as(claims, work, keep)

    def _as_default_where_asked(
        self, connection: Connection, customer: Customer, address: Address, command: SaveAddress
    ) -> BookEntry:
        billing = customer.default_billing_address_id
        shipping = customer.default_shipping_address_id
        if command.is_default_billing or billing is None:
            billing = address.id
        if command.is_default_shipping or shipping is None:
            shipping = address.id
        self._set_defaults(connection, customer, billing=billing, shipping=shipping)
        return BookEntry(
            address,
            is_default_billing=billing == address.id,
            is_default_shipping=shipping == address.id,
        )

    def _set_defaults(
        self,
        connection: Connection,
        customer: Customer,
        *,
        billing: AddressId | None,
        shipping: AddressId | None,
    ) -> None:
        present = (customer.default_billing_address_id, customer.default_shipping_address_id)
        if (billing, shipping) != present:
            customers.set_default_addresses(
                connection, customer.id, billing=billing, shipping=shipping, now=self._clock.now()
            )

    def _record(
        self, connection: Connection, kind: EventType, customer: Customer, entry: BookEntry
    ) -> None:
        data = {
            "addressId": entry.address.uuid,
            "isDefaultBilling": entry.is_default_billing,
            "isDefaultShipping": entry.is_default_shipping,
        }
        recording.record(connection, kind, customer.reference, now=self._clock.now(), data=data)


def book_of(connection: Connection, customer: Customer) -> tuple[BookEntry, ...]:
    """Return the addresses of a customer, the oldest first."""
    return tuple(
        entry_of(address, customer)
        for address in repository.list_of_customer(connection, customer.id)
    )


def _get(connection: Connection, customer: Customer, uuid: str) -> BookEntry:
    address = repository.find(connection, customer.id, uuid)
    if address is None:
        raise AddressNotFound
    return entry_of(address, customer)


def entry_of(address: Address, customer: Customer) -> BookEntry:
    """Return an address of a customer with its role in the book."""
    return BookEntry(
        address,
        is_default_billing=address.id == customer.default_billing_address_id,
        is_default_shipping=address.id == customer.default_shipping_address_id,
    )


def _unless(default: AddressId | None, removed: AddressId) -> AddressId | None:
    return None if default == removed else default
