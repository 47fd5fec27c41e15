"""A search among customers, and the pages of what it finds.

What a page costs does not grow with the table, and does not hang on what a planner believes: the shape
of the statements decides (decisions 0037 and 0064). Pages begin behind a customer, by an index, never
at an offset.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from customer_api.core.keyset import CursorPage, CursorUnknown, Part, cut
from customer_api.customers.emails import email_key
from customer_api.customers.models import Customer, Status
from customer_api.customers.names import name_key
from customer_api.customers.repository import find_by_reference, to_customer
from customer_api.customers.search import statements
from customer_api.customers.search.index import TRIGRAM, containing
from customer_api.customers.search.rows import find_rows
from customer_api.customers.search.shape import Order, Shape
from customer_api.customers.search.statements import ESCAPE

STABLE_ORDERS: Final = frozenset({Order.CREATED_AT, Order.REFERENCE})
"""Those in which a customer stays in its place whatever changes."""
_SEPARATOR: Final = "."


@dataclass(frozen=True, slots=True)
class Search:
    """Which customers are wanted. None means whatever; all conditions hold at once."""

    text: str | None = None
    """A whole reference or e-mail address, or words that address and names contain, all of them, in any
    case and with or without accents. When all have one or two characters, they begin such words."""
    email: str | None = None
    """A whole address, in any spelling."""
    reference: str | None = None
    first_name: str | None = None
    """A whole name, in any case, with or without accents."""
    last_name: str | None = None
    status: Status | None = None
    locale: str | None = None
    group: str | None = None
    """Uuid of a group that they are in; nobody is in an unknown one."""
    created_from: datetime | None = None
    created_before: datetime | None = None
    includes_anonymized: bool = False
    """Whether those are among them; `status` anonymized asks for them alone."""

    def words(self) -> tuple[str, ...]:
        """Return the pieces that must all be contained; empty when no text is looked for.

        One at least has three characters. Where no word has, each must begin one: two blanks stand
        in front of words.
        """
        words = tuple(dict.fromkeys(name_key(self.text).split()))
        if any(len(word) >= TRIGRAM for word in words):
            return words
        # What is all accents has no normal form, and is found nowhere.
        return tuple(f"  {word}" for word in words or (self.text or "").split())


@dataclass(frozen=True, slots=True)
class PageRequest(CursorPage):
    """Which part of the list is wanted, in which order; cursors are those of `cursor_of`."""

    order: Order = Order.CREATED_AT
    is_descending: bool = True


def cursor_of(customer: Customer) -> str:
    """Return what the list names the place of a customer, as the customer is now."""
    return f"{customer.version}{_SEPARATOR}{customer.reference}"


def find_page(connection: Connection, search: Search, page: PageRequest) -> Part[Customer]:
    """Return a part of the list.

    Raises:
        CursorUnknown: nobody has the place that is named any more: the customer has changed, and this
            is an order in which that can move them.
    """
    reference = None if page.cursor is None else _reference(connection, page.cursor, page.order)
    shape = Shape(
        dialect=connection.dialect.name,
        order=page.order,
        reads_backwards=page.is_descending != (page.before is not None),
        has_cursor=reference is not None,
        words=len(search.words()),
        conditions=frozenset(_conditions(search)),
    )
    parameters = _parameters(search, shape.dialect) | {"cursor": reference, "most": page.most}
    found = cut(find_rows(connection, shape, parameters, search.words()), page)
    customers = tuple(to_customer(row) for row in found.entries)
    return Part(customers, has_previous=found.has_previous, has_next=found.has_next)


def count(connection: Connection, search: Search) -> int:
    """Return how many customers are wanted; every one of them is looked at."""
    shape = _shape_of_count(connection, search)
    parameters = _parameters(search, shape.dialect)
    return int(connection.execute(statements.counted(shape), parameters).scalar_one())


def estimate(connection: Connection, search: Search) -> int:
    """Return about how many there are: what PostgreSQL's planner expects, on SQLite their number."""
    if connection.dialect.name != "postgresql":
        return count(connection, search)
    shape = _shape_of_count(connection, search)
    parameters = _parameters(search, shape.dialect)
    plan = connection.execute(statements.explained(shape), parameters).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def compact(connection: Connection) -> None:
    """Rewrite SQLite's full-text index without what was deleted; seconds at a million customers.

    PostgreSQL's index keeps terms that nobody has any more until it is rebuilt (docs/privacy.md).
    """
    if connection.dialect.name == "sqlite":
        connection.execute(statements.OPTIMIZE)


def _reference(connection: Connection, cursor: str, order: Order) -> str:
    version, _, reference = cursor.partition(_SEPARATOR)
    customer = find_by_reference(connection, reference)
    if customer is None or (order not in STABLE_ORDERS and version != str(customer.version)):
        raise CursorUnknown
    return reference


def _shape_of_count(connection: Connection, search: Search) -> Shape:
    return Shape(
        dialect=connection.dialect.name,
        words=len(search.words()),
        conditions=frozenset(_conditions(search)),
    )


def _conditions(search: Search) -> dict[str, object]:
    """Return the values of the conditions by name; those without a value are there all the same."""
    wanted: dict[str, object] = {
        "email": None if search.email is None else email_key(search.email),
        "reference": search.reference,
        "first_name": None if search.first_name is None else name_key(search.first_name),
        "last_name": None if search.last_name is None else name_key(search.last_name),
        "locale": search.locale,
        "group": search.group,
        "created_from": search.created_from,
        "created_before": search.created_before,
    }
    conditions = {name: value for name, value in wanted.items() if value is not None}
    if search.status is not None:
        conditions[search.status] = None
    if search.status is not Status.ANONYMIZED and not search.includes_anonymized:
        conditions["present"] = None
    return conditions


def _parameters(search: Search, dialect: str) -> dict[str, object]:
    words = search.words()
    parameters = _conditions(search) | {
        f"word_{number}": f"%{_escaped(word)}%" for number, word in enumerate(words)
    }
    if words:
        whole = (search.text or "").strip()
        parameters["whole_reference"] = whole
        parameters["whole_email"] = email_key(whole)
        parameters["query"] = containing(dialect, words)
    return parameters


def _escaped(word: str) -> str:
    for character in (ESCAPE, "%", "_"):
        word = word.replace(character, ESCAPE + character)
    return word
