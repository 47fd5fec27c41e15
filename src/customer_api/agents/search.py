"""Finding customers by a piece of what agents know of them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from customer_api.customers.emails import EMAIL_LENGTH, email_key
from customer_api.customers.models import Customer, CustomerRow
from customer_api.customers.names import name_key
from customer_api.customers.repository import COLUMNS, to_customer
from customer_api.customers.search.index import any_of, containing
from customer_api.customers.search.statements import has_terms


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
    wanted = (CustomerRow.anonymized_at.is_(None), _matches(text.strip(), connection.dialect.name))
    total = connection.execute(select(func.count(CustomerRow.id)).where(*wanted)).scalar_one()
    statement = select(*COLUMNS).where(*wanted).order_by(CustomerRow.id)
    rows = connection.execute(statement.offset(offset).limit(limit))
    return FoundCustomers(tuple(map(to_customer, rows)), total)


def _matches(text: str, dialect: str) -> ColumnElement[bool]:
    if not text:
        return true()
    is_reference = CustomerRow.reference == text
    if len(text) > EMAIL_LENGTH:
        return is_reference  # nothing else is so long
    keys = [email_key(text), name_key(text)]
    found = [CustomerRow.email_key.contains(keys[0], autoescape=True)]
    if keys[1]:
        found += [
            CustomerRow.first_name_key.contains(keys[1], autoescape=True),
            CustomerRow.last_name_key.contains(keys[1], autoescape=True),
        ]
    queries = [containing(dialect, key.split()) for key in keys if key]
    if not all(queries):
        return or_(is_reference, *found)  # in pieces that are too short for the index
    return or_(is_reference, and_(has_terms(dialect, any_of(dialect, queries)), or_(*found)))
