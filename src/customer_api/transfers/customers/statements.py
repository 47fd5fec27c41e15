"""Statements over whole batches of customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, Update, bindparam, insert, select, update

from customer_api.core.ids import CustomerId, Reference
from customer_api.credentials.models import CredentialRow
from customer_api.customers.models import CustomerRow

PROFILE: Final = (
    "email",
    "email_key",
    "salutation",
    "first_name",
    "last_name",
    "first_name_key",
    "last_name_key",
    "gender",
    "date_of_birth",
    "company",
    "phone",
    "locale",
    "registered_at",
)
"""Columns of `customers` that a file can bring along, and their normal forms."""

# Locked in one order, so that imports and erasures wait for each other and do not deadlock.
_STORED = (
    select(
        CustomerRow.id,
        CustomerRow.reference,
        CustomerRow.anonymized_at,
        CredentialRow.customer_id.label("has_had_password"),
        CredentialRow.password_hash,
        *(getattr(CustomerRow, name) for name in PROFILE),
    )
    .outerjoin(CredentialRow, CredentialRow.customer_id == CustomerRow.id)
    .where(CustomerRow.reference.in_(bindparam("references", expanding=True)))
    .order_by(CustomerRow.id)
    .with_for_update(key_share=True, of=CustomerRow)
)
_OWNERS = select(CustomerRow.email_key, CustomerRow.reference).where(
    CustomerRow.email_key.in_(bindparam("keys", expanding=True))
)
_ADD = insert(CustomerRow).returning(CustomerRow.reference, CustomerRow.id)
_ADD_HASHES = insert(CredentialRow)


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A customer as the database has it, locked until the transaction ends."""

    id: CustomerId
    is_anonymized: bool
    has_had_password: bool
    """Also when it was removed since."""
    password_hash: str | None
    profile: Mapping[str, object]
    """Values by column name, `PROFILE` and more."""


def find_stored(
    connection: Connection, references: Sequence[Reference]
) -> dict[Reference, StoredCustomer]:
    """Return the customers with these references, anonymized ones included."""
    rows = connection.execute(_STORED, {"references": references})
    return {
        Reference(row.reference): StoredCustomer(
            id=CustomerId(row.id),
            is_anonymized=row.anonymized_at is not None,
            has_had_password=row.has_had_password is not None,
            password_hash=row.password_hash,
            profile=row._asdict(),
        )
        for row in rows
    }


def find_owners(connection: Connection, email_keys: Sequence[str]) -> dict[str, Reference]:
    """Return whose these addresses are, by key; free ones are absent."""
    rows = connection.execute(_OWNERS, {"keys": email_keys})
    return {row.email_key: Reference(row.reference) for row in rows}


def add(
    connection: Connection, new: Mapping[Reference, Mapping[str, object]], *, now: datetime
) -> dict[Reference, CustomerId]:
    """Insert customers, given by their profiles, and return their ids; none is fine.

    Who registered in the past was created then.

    Raises:
        IntegrityError: an address or a reference was taken since the batch was looked up.
    """
    if not new:
        return {}
    unknown = dict.fromkeys(PROFILE) | {"first_name_key": "", "last_name_key": ""}
    values = [
        {
            **unknown,
            **profile,
            "reference": reference,
            "created_at": profile.get("registered_at") or now,
            "updated_at": now,
            "version": 1,
        }
        for reference, profile in new.items()
    ]
    return {Reference(row[0]): CustomerId(row[1]) for row in connection.execute(_ADD, values)}


def change(
    connection: Connection, changed: Mapping[CustomerId, Mapping[str, object]], *, now: datetime
) -> None:
    """Set columns of customers, in the order given; none is fine.

    Raises:
        IntegrityError: an address was taken since the batch was looked up.
    """
    for names, group in groupby(changed.items(), key=lambda it: tuple(it[1])):
        values = [
            {f"new_{name}": profile[name] for name in names} | {"customer": customer_id, "now": now}
            for customer_id, profile in group
        ]
        connection.execute(_change_statement(names), values)


def add_password_hashes(
    connection: Connection, hashes: Iterable[tuple[CustomerId, str]], *, now: datetime
) -> None:
    """Store the digests of new customers; none is fine."""
    values = [
        {"customer_id": customer_id, "password_hash": password_hash, "changed_at": now}
        for customer_id, password_hash in hashes
    ]
    if values:
        connection.execute(_ADD_HASHES, values)


@cache
def _change_statement(names: tuple[str, ...]) -> Update:
    return (
        update(CustomerRow)
        .where(CustomerRow.id == bindparam("customer"))
        .values(
            {name: bindparam(f"new_{name}") for name in names}
            | {"updated_at": bindparam("now"), "version": CustomerRow.version + 1}
        )
    )
