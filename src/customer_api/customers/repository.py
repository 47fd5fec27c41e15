"""Queries over customers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Select, Update, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from customer_api.core.ids import AddressId, CustomerId
from customer_api.customers.emails import email_key
from customer_api.customers.errors import EmailTaken
from customer_api.customers.models import Customer, CustomerRow, NewCustomer
from customer_api.customers.names import name_key

COLUMNS: Final = tuple(getattr(CustomerRow, field.name) for field in fields(Customer))
"""The columns of `Customer`, in the order of its fields."""

NAMES: Final = frozenset({"first_name", "last_name"})
"""Columns with a normal form beside them."""

_BY_KEY = select(*COLUMNS).where(CustomerRow.email_key == bindparam("key"))
_BY_KEY_LOCKED = _BY_KEY.with_for_update(key_share=True)
_BY_ID = select(*COLUMNS).where(CustomerRow.id == bindparam("id"))
_BY_ID_LOCKED = _BY_ID.with_for_update(key_share=True)
_BY_REFERENCE = select(*COLUMNS).where(CustomerRow.reference == bindparam("reference"))
_BY_REFERENCE_LOCKED = _BY_REFERENCE.with_for_update(key_share=True)
_WAS_ANY_ERASED = (
    select(CustomerRow.id).where(CustomerRow.anonymized_at >= bindparam("since")).limit(1)
)
_BY_REFERENCES = (
    select(*COLUMNS)
    .where(CustomerRow.reference.in_(bindparam("references", expanding=True)))
    .order_by(CustomerRow.id)
)
_BY_REFERENCES_LOCKED = _BY_REFERENCES.with_for_update(key_share=True)
_IS_TAKEN = select(CustomerRow.id).where(
    CustomerRow.email_key == bindparam("key"), CustomerRow.id != bindparam("but")
)
_PROVE_MAILBOX = (
    update(CustomerRow)
    .where(CustomerRow.id == bindparam("customer"))
    .values(proven_email_key=bindparam("key"))
)
_HAS_PROVEN_MAILBOX = select(CustomerRow.id).where(
    CustomerRow.id == bindparam("customer"), CustomerRow.proven_email_key == CustomerRow.email_key
)
_HAS_REFERENCE = select(CustomerRow.id).where(CustomerRow.reference == bindparam("reference"))
_NEW_VALUES: Final = tuple(
    [field.name for field in fields(NewCustomer)]
    + ["email_key", "first_name_key", "last_name_key", "created_at", "updated_at", "version"]
)
_ADD = {
    dialect.dialect.name: dialect.insert(CustomerRow)
    .values({name: bindparam(name) for name in _NEW_VALUES})
    .on_conflict_do_nothing()
    .returning(*COLUMNS)
    for dialect in (postgresql, sqlite)
}
_MARK_REGISTERED = (
    update(CustomerRow)
    .where(CustomerRow.id == bindparam("customer"), CustomerRow.registered_at.is_(None))
    .values(
        registered_at=bindparam("at"),
        updated_at=bindparam("at"),
        version=CustomerRow.version + 1,
    )
)


def add(connection: Connection, new: NewCustomer, *, now: datetime) -> Customer | None:
    """Insert a customer; None when the e-mail or the reference is taken."""
    values = {field.name: getattr(new, field.name) for field in fields(NewCustomer)}
    values |= {
        "email_key": email_key(new.email),
        "first_name_key": name_key(new.first_name),
        "last_name_key": name_key(new.last_name),
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    row = connection.execute(_ADD[connection.dialect.name], values).one_or_none()
    return None if row is None else to_customer(row)


def find_by_email(connection: Connection, email: str) -> Customer | None:
    """Return the customer with this address in any spelling."""
    return _one(connection, _BY_KEY, {"key": email_key(email)})


def lock_by_email(connection: Connection, email: str) -> Customer | None:
    """Like `find_by_email`, and make other writers of the customer wait, as `lock` does.

    None, too, when the customer loses the address while we wait for the lock.
    """
    return _one(connection, _BY_KEY_LOCKED, {"key": email_key(email)})


def find_by_id(connection: Connection, customer_id: CustomerId) -> Customer | None:
    """Return the customer with this internal id."""
    return _one(connection, _BY_ID, {"id": customer_id})


def find_by_reference(connection: Connection, reference: str) -> Customer | None:
    """Return the customer with this reference, anonymized ones included."""
    return _one(connection, _BY_REFERENCE, {"reference": reference})


def lock_by_reference(connection: Connection, reference: str) -> Customer | None:
    """Like `find_by_reference`, and make other writers of the customer wait, as `lock` does."""
    return _one(connection, _BY_REFERENCE_LOCKED, {"reference": reference})


def lock_by_references(connection: Connection, references: Sequence[str]) -> dict[str, Customer]:
    """Return those customers that there are by reference, anonymized ones included, and lock them.

    They are locked in one order, so that two who lock several never wait for each other.
    """
    rows = connection.execute(_BY_REFERENCES_LOCKED, {"references": references})
    return {str(customer.reference): customer for customer in map(to_customer, rows)}


def find_by_references(connection: Connection, references: Collection[str]) -> dict[str, Customer]:
    """Return those customers that there are by reference, anonymized ones included."""
    rows = connection.execute(_BY_REFERENCES, {"references": sorted(references)})
    return {str(customer.reference): customer for customer in map(to_customer, rows)}


def has_reference(connection: Connection, reference: str) -> bool:
    """Return whether there is such a customer, erased ones included."""
    return connection.execute(_HAS_REFERENCE, {"reference": reference}).scalar() is not None


def was_any_erased(connection: Connection, *, since: datetime) -> bool:
    """Return whether a customer was anonymized at a moment or later."""
    return connection.execute(_WAS_ANY_ERASED, {"since": since}).scalar() is not None


def lock(connection: Connection, customer_id: CustomerId) -> Customer:
    """Return the customer and make other writers of it wait until this transaction ends."""
    customer = _one(connection, _BY_ID_LOCKED, {"id": customer_id})
    assert customer is not None, "customers are never deleted"
    return customer


def change(
    connection: Connection, customer_id: CustomerId, changes: Mapping[str, object], *, now: datetime
) -> Customer:
    """Set columns and return the customer as it is now; e-mail and names set their keys too.

    Raises:
        EmailTaken: another customer has the address; the transaction cannot go on.
    """
    values = dict(changes)
    if "email" in values:
        values["email_key"] = email_key(str(values["email"]))
        # Asked first, because PostgreSQL logs a violated index with the address. The index decides.
        taken = {"key": values["email_key"], "but": customer_id}
        if connection.execute(_IS_TAKEN, taken).scalar() is not None:
            raise EmailTaken
    for name in NAMES & values.keys():
        values[f"{name}_key"] = name_key(cast("str | None", values[name]))
    statement = _change_statement(tuple(sorted(values)))
    parameters = {f"new_{name}": value for name, value in values.items()}
    try:
        row = connection.execute(
            statement, parameters | {"customer": customer_id, "now": now}
        ).one()
    except IntegrityError as error:
        raise EmailTaken from error
    return to_customer(row)


def mark_registered(connection: Connection, customer_id: CustomerId, *, now: datetime) -> bool:
    """Record the confirmation; False when the customer was registered already."""
    return connection.execute(_MARK_REGISTERED, {"customer": customer_id, "at": now}).rowcount == 1


def prove_mailbox(connection: Connection, customer_id: CustomerId, key: str) -> None:
    """Note that a locked customer reads the mailbox of an address, by its key; it is no other state."""
    connection.execute(_PROVE_MAILBOX, {"customer": customer_id, "key": key})


def has_proven_mailbox(connection: Connection, customer_id: CustomerId) -> bool:
    """Return whether the customer has proven to read the mailbox of the present address.

    To be registered is no such proof: without double opt-in, with `EMAIL_CHANGE=immediate`, and after
    an import or a change by an operator nobody has shown it.
    """
    parameters = {"customer": customer_id}
    return connection.execute(_HAS_PROVEN_MAILBOX, parameters).scalar() is not None


def set_default_addresses(
    connection: Connection,
    customer_id: CustomerId,
    *,
    billing: AddressId | None,
    shipping: AddressId | None,
    now: datetime,
) -> Customer:
    """Point the customer's defaults at addresses of their own, or at none; it is another state then."""
    row = connection.execute(
        _SET_DEFAULTS,
        {"customer": customer_id, "billing": billing, "shipping": shipping, "now": now},
    ).one()
    return to_customer(row)


def to_customer(row: Row[*tuple[Any, ...]]) -> Customer:
    """Return the entity of a row whose first columns are `COLUMNS`."""
    return Customer(*row[: len(COLUMNS)])


_SET_DEFAULTS = (
    update(CustomerRow)
    .where(CustomerRow.id == bindparam("customer"))
    .values(
        default_billing_address_id=bindparam("billing"),
        default_shipping_address_id=bindparam("shipping"),
        updated_at=bindparam("now"),
        version=CustomerRow.version + 1,
    )
    .returning(*COLUMNS)
)


@cache
def _change_statement(names: tuple[str, ...]) -> Update:
    return (
        update(CustomerRow)
        .where(CustomerRow.id == bindparam("customer"))
        .values(
            {name: bindparam(f"new_{name}") for name in names}
            | {"updated_at": bindparam("now"), "version": CustomerRow.version + 1}
        )
        .returning(*COLUMNS)
    )


def _one(
    connection: Connection, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
) -> Customer | None:
    row = connection.execute(statement, parameters).one_or_none()
    return None if row is None else to_customer(row)
