"""Erasure of the customer row itself; the last step of every erasure."""

from typing import Final

from sqlalchemy import bindparam, update

from customer_api.core.ids import random_uuid
from customer_api.customers.models import CustomerRow
from customer_api.plugin import ErasureContext

_WIPED: Final = (
    "proven_email_key",
    "salutation",
    "first_name",
    "last_name",
    "gender",
    "date_of_birth",
    "company",
    "phone",
    "locale",
    "registered_at",
    "default_billing_address_id",
    "default_shipping_address_id",
    "locked_at",
    "lock_reason",
)

_ERASE = (
    update(CustomerRow)
    .where(CustomerRow.id == bindparam("customer"), CustomerRow.anonymized_at.is_(None))
    .values(
        dict.fromkeys(_WIPED)
        | {
            "email": bindparam("nobody"),
            "email_key": bindparam("nobody"),
            "first_name_key": "",
            "last_name_key": "",
            "anonymized_at": bindparam("now"),
            "updated_at": bindparam("now"),
            "version": CustomerRow.version + 1,
        }
    )
)


class CustomerAnonymizer:
    """Empties the customer row; id, reference and creation time stay."""

    name = "customer"

    def erase(self, context: ErasureContext) -> int:
        """Replace the address by a random one that no mail can reach, and null the rest."""
        nobody = f"anon-{random_uuid()}@anonymized.invalid"
        parameters = {"customer": context.customer_id, "nobody": nobody, "now": context.now}
        return context.connection.execute(_ERASE, parameters).rowcount
