"""Customer references: public, unique, never reused."""

import secrets
from typing import Final, Protocol

from sqlalchemy import BigInteger, Connection, String, bindparam, insert, update
from sqlalchemy.orm import Mapped, mapped_column

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


_ADVANCE = (
    update(ReferenceSequenceRow)
    .where(ReferenceSequenceRow.prefix == bindparam("of"))
    .values(value=ReferenceSequenceRow.value + bindparam("step"))
    .returning(ReferenceSequenceRow.value)
)


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
        number = connection.execute(_ADVANCE, {"of": self._prefix, "step": step}).scalar()
        if number is None:
            connection.execute(insert(ReferenceSequenceRow).values(prefix=self._prefix, value=step))
            number = step
        return Reference(f"{self._prefix}--{number}")
