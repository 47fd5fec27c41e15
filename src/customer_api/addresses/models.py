"""The addresses table and its entity."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.ids import AddressId
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, UtcDateTime


class AddressRow(Base):
    """An entry of an address book; removed ones stay as rows until their owner is erased."""

    __tablename__ = "addresses"
    __table_args__ = (
        Index("uq_addresses_uuid", "uuid", unique=True),
        Index("uq_addresses_id_customer_id", "id", "customer_id", unique=True),
        Index("ix_addresses_customer_id_id", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; the row is emptied")
    )
    uuid: Mapped[str] = mapped_column(String(36), info=kept("random; the row is emptied"))
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the emptied customer")
    )
    salutation: Mapped[str | None] = mapped_column(String(20), info=personal())
    first_name: Mapped[str | None] = mapped_column(String(100), info=personal())
    last_name: Mapped[str | None] = mapped_column(String(100), info=personal())
    address1: Mapped[str | None] = mapped_column(String(255), info=personal())
    address2: Mapped[str | None] = mapped_column(String(255), info=personal())
    address3: Mapped[str | None] = mapped_column(String(255), info=personal())
    zip_code: Mapped[str | None] = mapped_column(String(15), info=personal())
    city: Mapped[str | None] = mapped_column(String(255), info=personal())
    country_code: Mapped[str | None] = mapped_column(String(2), info=personal())
    company: Mapped[str | None] = mapped_column(String(255), info=personal())
    phone: Mapped[str | None] = mapped_column(String(255), info=personal())
    comment: Mapped[str | None] = mapped_column(String(255), info=personal())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("age of the empty row"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("age of the empty row"))
    deleted_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("hides the row; erasure sets it too")
    )
    version: Mapped[int] = mapped_column(
        Integer, server_default=text("1"), info=kept("counts changes")
    )


@dataclass(frozen=True, slots=True)
class Address:
    """An address as the features see it; the uuid is its public id."""

    id: AddressId
    uuid: str
    salutation: str | None
    first_name: str | None
    last_name: str | None
    address1: str | None
    address2: str | None
    address3: str | None
    zip_code: str | None
    city: str | None
    country_code: str | None
    company: str | None
    phone: str | None
    comment: str | None
    version: int


@dataclass(frozen=True, slots=True)
class BookEntry:
    """An address together with its role in the book."""

    address: Address
    is_default_billing: bool
    is_default_shipping: bool

    @property
    def state(self) -> str:
        """Name of the state: another one whenever the address or its role is another.

        A role can go to another address without a change of this one, so the version alone will
        not do.
        """
        billing = "b" if self.is_default_billing else ""
        shipping = "s" if self.is_default_shipping else ""
        return f"{self.address.version}{billing}{shipping}"
