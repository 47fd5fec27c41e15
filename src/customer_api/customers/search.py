"""Finding customers: pieces of addresses and names, conditions, orders and pages.

What a page costs does not grow with the table, and does not hang on what a planner believes: the shape
of the statements decides (decision 0037). Pages begin behind a customer, by an index, never at an
offset. Text is looked for first in a window of the list, where what is common fills a page, and then by
the index of trigrams, in which all else has few rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from customer_api.core.errors import AppError
from customer_api.customers import search_statements as statements
from customer_api.customers.emails import email_key
from customer_api.customers.models import Customer, Status
from customer_api.customers.names import name_key
from customer_api.customers.repository import find_by_reference, to_customer
from customer_api.customers.search_statements import ESCAPE, Order, Shape

TRIGRAM: Final = 3
STABLE_ORDERS: Final = frozenset({Order.CREATED_AT, Order.REFERENCE})
"""Those in which an anonymized customer keeps its place."""


class CursorInvalid(AppError):
    """The list has no place behind or before the customer that is named."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which customers are wanted. None means whatever; all conditions hold at once."""

    text: str | None = None
    """A whole reference, or words that e-mail address, first and last name contain, in any case and
    with or without accents. One word of one or two characters is the beginning of one of the three."""
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
        """Return the pieces that must all be contained; each has three characters at least.

        Empty when no text is looked for.
        """
        key = name_key(self.text)
        words = tuple(dict.fromkeys(key.split()))
        if any(len(word) >= TRIGRAM for word in words):
            return words
        if len(words) == 1:
            return (f"  {key}",)
        return (key,) if key else ()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of the list is wanted: its beginning, unless it says `after` or `before`."""

    size: int
    order: Order = Order.CREATED_AT
    is_descending: bool = True
    after: str | None = None
    """Reference of the customer behind which the page begins."""
    before: str | None = None
    """Reference of the customer before which it ends; not beside `after`."""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A part of the list, in its order."""

    customers: tuple[Customer, ...]
    has_previous: bool
    has_next: bool


def find_page(connection: Connection, search: Search, page: PageRequest) -> CustomerPage:
    """Return a part of the list.

    Raises:
        CursorInvalid: the customer named is unknown, or anonymized and so has lost its place.
    """
    cursor = page.after or page.before
    if cursor is not None:
        _check_cursor(connection, cursor, page.order)
    is_turned = page.before is not None
    shape = Shape(
        dialect=connection.dialect.name,
        order=page.order,
        reads_backwards=page.is_descending != is_turned,
        has_cursor=cursor is not None,
        words=len(search.words()),
        conditions=frozenset(_conditions(search)),
    )
    parameters = _parameters(search) | {"cursor": cursor, "most": page.size + 1}
    rows = _rows(connection, shape, parameters)
    has_more = len(rows) > page.size
    customers = tuple(to_customer(row) for row in rows[: page.size])
    if is_turned:
        return CustomerPage(customers[::-1], has_previous=has_more, has_next=True)
    return CustomerPage(customers, has_previous=cursor is not None, has_next=has_more)


def count(connection: Connection, search: Search) -> int:
    """Return how many customers are wanted; every one of them is looked at."""
    statement = statements.counted(_shape_of_count(connection, search))
    return int(connection.execute(statement, _parameters(search)).scalar_one())


def estimate(connection: Connection, search: Search) -> int:
    """Return about how many there are: what PostgreSQL's planner expects, on SQLite their number."""
    if connection.dialect.name != "postgresql":
        return count(connection, search)
    statement = statements.explained(_shape_of_count(connection, search))
    plan = connection.execute(statement, _parameters(search)).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def compact(connection: Connection) -> None:
    """Rewrite SQLite's full-text index without what was deleted; seconds at a million customers.

    PostgreSQL cleans its indexes by itself, when it vacuums.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(statements.OPTIMIZE)


def _rows(
    connection: Connection, shape: Shape, parameters: Mapping[str, object]
) -> Sequence[Row[*tuple[Any, ...]]]:
    if not shape.words and shape.conditions <= {"present"}:
        return connection.execute(statements.listed(shape), parameters).all()
    rows = connection.execute(statements.seen(shape), parameters).all()
    if len(rows) == parameters["most"]:
        return rows
    return connection.execute(statements.indexed(shape), parameters).all()


def _check_cursor(connection: Connection, reference: str, order: Order) -> None:
    customer = find_by_reference(connection, reference)
    if customer is None or (customer.anonymized_at is not None and order not in STABLE_ORDERS):
        raise CursorInvalid


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


def _parameters(search: Search) -> dict[str, object]:
    words = search.words()
    parameters = _conditions(search) | {
        f"word_{number}": f"%{_escaped(word)}%" for number, word in enumerate(words)
    }
    if words:
        long = [word for word in words if len(word) >= TRIGRAM]
        parameters["whole"] = (search.text or "").strip()
        parameters["match"] = " AND ".join('"' + word.replace('"', '""') + '"' for word in long)
        parameters["trigrams"] = sorted({it for word in long for it in _trigrams(word)})
    return parameters


def _trigrams(word: str) -> list[str]:
    """Return trigrams that cover a word; those between would cost more than they rule out."""
    last = len(word) - TRIGRAM
    return [word[place : place + TRIGRAM] for place in (*range(0, last, TRIGRAM), last)]


def _escaped(word: str) -> str:
    for character in (ESCAPE, "%", "_"):
        word = word.replace(character, ESCAPE + character)
    return word
