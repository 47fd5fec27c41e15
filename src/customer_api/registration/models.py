"""How and when a customer registered."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept
from customer_api.core.types import UtcDateTime


class RegistrationRow(Base):
    """The attempts to register an address, and the terms accepted with the first one."""

    __tablename__ = "registrations"

    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), primary_key=True, info=kept("link to the customer")
    )
    attempted_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=kept("time of the last attempt; no person in it")
    )
    awaits_confirmation: Mapped[bool] = mapped_column(
        Boolean, info=kept("whether the customer came by double opt-in; no person in it")
    )
    is_repeated: Mapped[bool] = mapped_column(
        Boolean, info=kept("whether the stored password is of doubtful origin; no person in it")
    )
    terms_version: Mapped[str | None] = mapped_column(
        String(50), info=kept("proof of consent, without a person after erasure")
    )
    terms_accepted_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("proof of consent, without a person after erasure")
    )
