"""The customers whom the rows of a batch are about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select

from customer_api.core.ids import CustomerId, Reference
from customer_api.customers.models import CustomerRow

ANONYMIZED: Final = "the customer was anonymized and is never revived"
NO_CUSTOMER: Final = "no customer has this reference"

# Locked in one order, so that imports and erasures wait for each other and do not deadlock.
_OWNERS: Final = (
    select(CustomerRow.id, CustomerRow.reference, CustomerRow.anonymized_at)
    .where(CustomerRow.reference.in_(bindparam("references", expanding=True)))
    .order_by(CustomerRow.id)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True, slots=True)
class Owner:
    """A customer, locked until the transaction ends."""

    id: CustomerId
    is_anonymized: bool


def lock_owners(connection: Connection, references: Iterable[Reference]) -> dict[Reference, Owner]:
    """Return the customers with these references, anonymized ones included, in the order of ids."""
    rows = connection.execute(_OWNERS, {"references": list(set(references))})
    return {
        Reference(row.reference): Owner(CustomerId(row.id), row.anonymized_at is not None)
        for row in rows
    }


def refusal_of(owners: Mapping[Reference, Owner], reference: Reference) -> str | None:
    """Return why nothing can be added to a customer; None when something can."""
    owner = owners.get(reference)
    if owner is None:
        return NO_CUSTOMER
    return ANONYMIZED if owner.is_anonymized else None
