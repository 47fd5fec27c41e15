"""The outbox table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept, personal, secret
from customer_api.core.types import BigKey, UtcDateTime

WAITING: Final = "waiting"
SENT: Final = "sent"
PARKED: Final = "parked"
"""Given up; it can be set to `waiting` again while it has a recipient."""
STATES: Final = (WAITING, SENT, PARKED)

ERROR_LENGTH: Final = 200


class MailRow(Base):
    """A mail on its way; once it is sent, only the fact that there was one."""

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_state_next_try_at", "state", "next_try_at"),
        Index("ix_mails_customer_id", "customer_id"),
        Index("ix_mails_reference", "reference", "id"),
        Index("ix_mails_template", "template", "id"),
        Index("ix_mails_state", "state", "id"),
        Index("uq_mails_message_id", "message_id", unique=True),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("order of the mails")
    )
    message_id: Mapped[str] = mapped_column(
        String(255), info=kept("random; finds the mail in the logs of mail servers")
    )
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the customer")
    )
    reference: Mapped[str] = mapped_column(
        String(255), info=kept("public reference, which survives erasure")
    )
    template: Mapped[str] = mapped_column(
        String(50), info=kept("which mail it was; no person in it")
    )
    locale: Mapped[str] = mapped_column(
        String(10), info=kept("language of the text; one of a few for all customers")
    )
    recipient: Mapped[str | None] = mapped_column(String(320), info=personal())
    variables: Mapped[Mapping[str, str] | None] = mapped_column(
        JSON(none_as_null=True), info=secret("may hold a key in a link, which proves a mailbox")
    )
    state: Mapped[str] = mapped_column(String(10), info=kept("progress of the delivery"))
    tries: Mapped[int] = mapped_column(Integer, info=kept("deliveries tried"))
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("time of a delivery"))
    claimed_until: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("lease of a worker")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("time of the order"))
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept("time of the delivery"))
    last_error: Mapped[str | None] = mapped_column(
        String(ERROR_LENGTH), info=kept("a code of ours; never a server's text")
    )
    expires_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("when an undelivered mail is wiped")
    )
