"""What the indexes of trigrams are asked for, in the language of each.

SQLite has a full-text index (FTS5) of e-mail addresses, first and last names. PostgreSQL has one over
terms (`customer_terms`): the trigrams of all three, and those of the first eight characters of each with
a letter and their place: `L0lov`, `L1ove` and so on up to `L5ace` for the last name `lovelace`. Neither
knows more of a text than three characters at a time.
"""

from collections.abc import Sequence
from typing import Final

from customer_api.customers.search.shape import Order

TRIGRAM: Final = 3
LONGEST_BEGINNING: Final = 8
"""Characters of a beginning that PostgreSQL's index knows."""
_LETTERS: Final = {Order.EMAIL: "E", Order.FIRST_NAME: "F", Order.LAST_NAME: "L"}
_COLUMNS: Final = {Order.EMAIL: "email", Order.FIRST_NAME: "first", Order.LAST_NAME: "last"}


def containing(dialect: str, words: Sequence[str]) -> str:
    """Return the query for what may have all words: it has trigrams that cover them.

    Those between would cost more than they rule out, and so would their order in SQLite. Words of
    one or two characters are not asked for; there is no query when all are.
    """
    long = [word for word in words if len(word) >= TRIGRAM]
    trigrams = sorted({it[place : place + TRIGRAM] for it in long for place in _places(it)})
    if dialect == "sqlite":
        return " AND ".join(_phrase(it) for it in trigrams)
    return " & ".join(_lexeme(it) for it in trigrams)


def any_of(dialect: str, queries: Sequence[str]) -> str:
    """Return a query for what one of the queries finds, or several do."""
    return (" OR " if dialect == "sqlite" else " | ").join(f"({it})" for it in queries)


def without(dialect: str, containing: str, order: Order, beginnings: Sequence[str]) -> str:
    """Return a query for the same but those whose address or name, by which is sorted, begins so."""
    begins = [_beginning(dialect, order, it) for it in beginnings]
    if not begins:
        return containing
    if dialect == "sqlite":
        return f"({containing}) NOT ({' OR '.join(begins)})"
    return f"{containing} & !({' | '.join(begins)})"


def _beginning(dialect: str, order: Order, text: str) -> str:
    if dialect == "sqlite":
        return f"{_COLUMNS[order]} : ^ " + _phrase("  " + text.replace(" ", "  "))
    letter = _LETTERS[order]
    if len(text) < TRIGRAM:
        return _lexeme(f"{letter}0{text}") + ":*"
    trigrams = (f"{letter}{place}{text[place : place + TRIGRAM]}" for place in _places(text))
    return f"({' & '.join(_lexeme(it) for it in trigrams)})"


def _phrase(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _lexeme(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _places(text: str) -> tuple[int, ...]:
    """Return where trigrams begin that cover a text."""
    last = len(text) - TRIGRAM
    return (*range(0, last, TRIGRAM), last)
