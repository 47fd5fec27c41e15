"""Customer references: public, unique, never reused."""

import secrets
from collections.abc import Callable, Iterable
from typing import Final, Protocol

from sqlalchemy import BigInteger, Connection, String, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from customer_api.core.db import Base
from customer_api.core.ids import Reference, random_crockford
from customer_api.core.privacy import kept

RANDOM_LENGTH: Final = 10
LARGEST_STEP: Final = 20
MOST_DIGITS: Final = 18
"""Longer numbers are not counted on: BIGINT could not go on from them for long."""


class ReferenceSequenceRow(Base):
    """The last number given out for each prefix."""

    __tablename__ = "reference_sequences"

    prefix: Mapped[str] = mapped_column(String(20), primary_key=True, info=kept("no person in it"))
    value: Mapped[int] = mapped_column(BigInteger, info=kept("no person in it"))


def _advance(
    insert_into: Callable[[type[ReferenceSequenceRow]], postgresql.Insert | sqlite.Insert],
) -> ReturningInsert[tuple[int]]:
    row = ReferenceSequenceRow
    statement = insert_into(row).values(prefix=bindparam("of"), value=bindparam("step"))
    return statement.on_conflict_do_update(
        index_elements=["prefix"], set_={"value": row.value + statement.excluded.value}
    ).returning(row.value)


def _raise(
    insert_into: Callable[[type[ReferenceSequenceRow]], postgresql.Insert | sqlite.Insert],
) -> postgresql.Insert | sqlite.Insert:
    row = ReferenceSequenceRow
    statement = insert_into(row).values(prefix=bindparam("of"), value=bindparam("least"))
    return statement.on_conflict_do_update(
        index_elements=["prefix"],
        set_={"value": statement.excluded.value},
        where=row.value < statement.excluded.value,
    )


_ADVANCE: Final = {"postgresql": _advance(postgresql.insert), "sqlite": _advance(sqlite.insert)}
_RAISE: Final = {"postgresql": _raise(postgresql.insert), "sqlite": _raise(sqlite.insert)}


class References(Protocol):
    """Makes the reference of the next customer."""

    def next(self, connection: Connection) -> Reference:
        """Return a reference; it may turn out to be taken by an import, then ask again."""


class RandomReferences:
    """`DE--7K3MX0Q2VD`: ten random characters tell nothing about the number of customers."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def next(self, connection: Connection) -> Reference:  # noqa: ARG002 - the other one counts
        """Return a reference of 50 random bits."""
        return Reference(f"{self._prefix}--{random_crockford(RANDOM_LENGTH)}")


class SequentialReferences:
    """`DE--22`: the last number plus a random step; a largest step of 1 leaves gaps only where a sign-up was refused."""

    def __init__(self, prefix: str, *, largest_step: int) -> None:
        self._prefix = prefix
        self._largest_step = largest_step

    def next(self, connection: Connection) -> Reference:
        """Return the next number; concurrent callers wait for each other."""
        step = 1 + secrets.randbelow(self._largest_step)
        statement = _ADVANCE[connection.dialect.name]
        number = connection.execute(statement, {"of": self._prefix, "step": step}).scalar_one()
        return Reference(f"{self._prefix}--{number}")


def skip_imported(connection: Connection, prefix: str, references: Iterable[Reference]) -> None:
    """Let the sequence of a prefix go on after the largest of its numbers among the references.

    Nothing happens when the sequence is past it, or when no reference looks as if it were counted.
    """
    head = f"{prefix}--"
    tails = (it.removeprefix(head) for it in references if it.startswith(head))
    numbers = [int(it) for it in tails if it.isdecimal() and len(it) <= MOST_DIGITS]
    if numbers:
        statement = _RAISE[connection.dialect.name]
        connection.execute(statement, {"of": prefix, "least": max(numbers)})
