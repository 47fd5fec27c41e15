"""Requests for restore mails that nobody looked at yet."""

from datetime import datetime

from sqlalchemy import Identity, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, UtcDateTime
from customer_api.customers.emails import EMAIL_LENGTH


class RestoreRequestRow(Base):
    """Somebody forgot the password of an address, which may have an account or not."""

    __tablename__ = "restore_requests"

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("order of the requests")
    )
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    email_key: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("a mere time"))
