"""Finding customers by a piece of what agents know of them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, or_, select, true

from customer_api.customers.emails import EMAIL_LENGTH, email_key
from customer_api.customers.models import Customer, CustomerRow
from customer_api.customers.names import name_key
from customer_api.customers.repository import COLUMNS, to_customer


@dataclass(frozen=True, slots=True)
class FoundCustomers:
    """A page of what was found, and how many there are of it."""

    customers: tuple[Customer, ...]
    total: int


def find(connection: Connection, text: str, *, offset: int, limit: int) -> FoundCustomers:
    """Return a page of the customers whose e-mail, first or last name contains a text, oldest first.

    Neither case nor accents make a difference. A reference must be the whole text; an empty one finds everybody. Who
    was erased is not found.
    """
    wanted = (CustomerRow.anonymized_at.is_(None), _matches(text.strip()))
    total = connection.execute(select(func.count(CustomerRow.id)).where(*wanted)).scalar_one()
    statement = select(*COLUMNS).where(*wanted).order_by(CustomerRow.id)
    rows = connection.execute(statement.offset(offset).limit(limit))
    return FoundCustomers(tuple(map(to_customer, rows)), total)


def _matches(text: str) -> ColumnElement[bool]:
    if not text:
        return true()
    if len(text) > EMAIL_LENGTH:
        return CustomerRow.reference == text  # nothing else is so long
    found = [
        CustomerRow.reference == text,
        CustomerRow.email_key.contains(email_key(text), autoescape=True),
    ]
    if name := name_key(text):
        found += [
            CustomerRow.first_name_key.contains(name, autoescape=True),
            CustomerRow.last_name_key.contains(name, autoescape=True),
        ]
    return or_(*found)
