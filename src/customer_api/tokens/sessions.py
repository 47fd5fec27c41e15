"""Sessions as their owner sees them, and the ways to end one."""

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.customers.models import Access, CustomerUnits
from customer_api.customers.service import require_customer
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security import one_time_keys
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository
from customer_api.tokens.errors import SessionNotFound
from customer_api.tokens.models import Login


class SessionService:
    """Lists and ends sessions of the customer to whom there is access: their own, or by an operator.

    `keep` is given the result inside its transaction (`UnitsOfWork.write`).
    """

    def __init__(self, *, units: CustomerUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def logins(self, claims: Claims) -> tuple[Login, ...]:
        """Return the live sessions of the customer, the newest first."""

        def work(connection: Connection, session: Access) -> tuple[Login, ...]:
            return repository.list_live(connection, session.customer.id, now=self._clock.now())

        return await self._units.read_as(claims, work)

    async def login(self, claims: Claims, uuid: str) -> Login:
        """Return one live session of the customer.

        Raises:
            SessionNotFound: the customer has no live session with this id.
        """
        for login in await self.logins(claims):
            if login.uuid == uuid:
                return login
        raise SessionNotFound

    async def end(self, claims: Claims, uuid: str, *, keep: Keep[str] = keep_nothing) -> None:
        """End one session of the customer; it may be the one that calls.

        Raises:
            SessionNotFound: the customer has no live session with this id.
            NotWhileImpersonating: an operator acts as the customer, and it is another session.
        """

        def work(connection: Connection, session: Access) -> str:
            if uuid != session.uuid:
                require_customer(session)
            is_ended = repository.end_own_session(
                connection,
                session.customer.id,
                uuid,
                EndReason.LOGGED_OUT,
                now=self._clock.now(),
            )
            if not is_ended:
                raise SessionNotFound
            return session.customer.reference

        reference = await self._units.write_as(claims, work, keep)
        _record_end(reference, session=uuid)

    async def log_out(self, claims: Claims, refresh_token: str) -> None:
        """End the caller's session that a refresh token belongs to; any other value does nothing.

        Of an operator who acts as the customer only that session itself is the caller's.
        """

        def work(connection: Connection, session: Access) -> str | None:
            digest = one_time_keys.digest(refresh_token)
            owner = repository.find_owner(connection, digest, now=self._clock.now())
            if owner is None or owner.customer_id != session.customer.id:
                return None
            stored = repository.find_refresh_token(connection, digest)
            assert stored is not None, "the owner was found by the same digest"
            if session.impersonator is not None and stored.session_uuid != session.uuid:
                return None
            repository.end_session(
                connection, stored.session_id, EndReason.LOGGED_OUT, now=self._clock.now()
            )
            return stored.session_uuid

        ended = await self._units.write_as(claims, work)
        if ended is not None:
            _record_end(claims.reference, session=ended)

    async def log_out_everywhere(
        self, claims: Claims, *, keep: Keep[tuple[str, str | None]] = keep_nothing
    ) -> None:
        """End all sessions of the customer, a calling one included.

        Of an operator who acts as the customer that is this one alone.
        """

        def work(connection: Connection, session: Access) -> tuple[str, str | None]:
            now, reason = self._clock.now(), EndReason.LOGGED_OUT
            customer = session.customer
            if session.impersonator is not None:
                repository.end_own_session(connection, customer.id, session.uuid, reason, now=now)
                return customer.reference, session.uuid
            repository.end_all_sessions(connection, customer.id, reason, now=now)
            return customer.reference, None

        reference, ended = await self._units.write_as(claims, work, keep)
        _record_end(reference, session=ended)


def _record_end(reference: str, *, session: str | None) -> None:
    """Record the end of one session, or of all when there is no id."""
    record(
        SecurityEvent.SESSIONS_ENDED,
        reference=reference,
        session=session,
        reason=EndReason.LOGGED_OUT,
    )
