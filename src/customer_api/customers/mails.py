"""Addressing mails to customers."""

from collections.abc import Mapping

from customer_api.customers.models import Customer
from customer_api.mail.message import Mail


def mail_to(customer: Customer, template: str, variables: Mapping[str, str] | None = None) -> Mail:
    """Return a mail in the customer's language to the address as they spelt it."""
    greeting = {"first_name": customer.first_name or "", "last_name": customer.last_name or ""}
    return Mail(
        template=template,
        recipient=customer.email,
        locale=customer.locale or "",
        reference=customer.reference,
        customer_id=customer.id,
        variables=greeting | dict(variables or {}),
    )
