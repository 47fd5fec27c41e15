"""Types that several layers share and that know no feature: claims, the session check, columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Integer, TypeDecorator
from typing_extensions import override

JsonObject = Mapping[str, Any]
"""A parsed JSON object, as it came over the wire."""

SessionT_co = TypeVar("SessionT_co", covariant=True)

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""Internal primary keys: BIGINT identity, on SQLite the row id itself."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says.

    The signature and the times are checked; whether the session still lives is not known yet.
    """

    session: str
    """The session's public id (claim `sid`)."""
    reference: str
    """The customer's public reference, as it was when the token was made."""
    token_id: str
    """Claim `jti`."""


class SessionCheck(Protocol[SessionT_co]):
    """Turns claims into the live session they speak of, in one statement with its customer."""

    def find(self, connection: Connection, claims: Claims) -> SessionT_co:
        """Load the session for reading, or raise `TokenRefused`."""

    def lock(self, connection: Connection, claims: Claims) -> SessionT_co:
        """Load it and lock the customer's row until the transaction ends, or raise `TokenRefused`.

        The lock makes all writes of one customer follow each other, so nothing is written beside
        an erasure and no update is lost.
        """


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases.

    PostgreSQL has `timestamptz`; SQLite has text without a zone, so the zone is taken off on the
    way in and put back on the way out. Naive values are a programming error.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Check awareness; drop the zone where the database keeps none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    @override
    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,
    ) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
