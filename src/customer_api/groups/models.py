"""The tables of groups and their members, and what is read of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.labels import KEY_FACTOR
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, UtcDateTime

GroupId = NewType("GroupId", int)

NAME_LENGTH: Final = 70
DESCRIPTION_LENGTH: Final = 255
_KEY_LENGTH: Final = KEY_FACTOR * NAME_LENGTH

_GROUP: Final = "about a group, not a customer"


class GroupRow(Base):
    """A group of customers."""

    __tablename__ = "customer_groups"
    __table_args__ = (
        Index("uq_customer_groups_uuid", "uuid", unique=True),
        Index("uq_customer_groups_name_key", "name_key", unique=True),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_GROUP))
    uuid: Mapped[str] = mapped_column(String(36), info=kept(_GROUP))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), info=kept(_GROUP))
    name_key: Mapped[str] = mapped_column(String(_KEY_LENGTH), info=kept(_GROUP))
    description: Mapped[str | None] = mapped_column(String(DESCRIPTION_LENGTH), info=kept(_GROUP))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_GROUP))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_GROUP))
    version: Mapped[int] = mapped_column(Integer, info=kept(_GROUP))


class MemberRow(Base):
    """A customer in a group; erasure deletes the row."""

    __tablename__ = "customer_group_members"
    __table_args__ = (
        Index("ix_customer_group_members_customer_id_group_id", "customer_id", "group_id"),
    )

    group_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customer_groups.id"), primary_key=True, info=personal()
    )
    customer_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("customers.id"),
        primary_key=True,
        info=kept("link to the customer; rows go with it"),
    )
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())


@dataclass(frozen=True, slots=True)
class Group:
    """A group of customers. Times are UTC."""

    id: GroupId
    uuid: str
    name: str
    description: str | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def state(self) -> str:
        """Name of the state: another one after each change of name or description."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class Member:
    """A customer in a group."""

    reference: str
    added_at: datetime
