"""Customer references: public, unique, never reused."""

import secrets
from collections.abc import Callable
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


_ADVANCE: Final = {"postgresql": _advance(postgresql.insert), "sqlite": _advance(sqlite.insert)}


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
    """`DE--22`: the last number plus a random step; a largest step of 1 means no gaps."""

    def __init__(self, prefix: str, *, largest_step: int) -> None:
        self._prefix = prefix
        self._largest_step = largest_step

    def next(self, connection: Connection) -> Reference:
        """Return the next number; concurrent callers wait for each other."""
        step = 1 + secrets.randbelow(self._largest_step)
        statement = _ADVANCE[connection.dialect.name]
        number = connection.execute(statement, {"of": self._prefix, "step": step}).scalar_one()
        return Reference(f"{self._prefix}--{number}")
