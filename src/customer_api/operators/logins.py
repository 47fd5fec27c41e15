"""Logging operators in, and refreshing their tokens."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.credentials.password_checks import (
    PasswordChecks,
    RightPassword,
    TypedPassword,
)
from customer_api.customers.emails import email_key
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators import repository, session_repository
from customer_api.operators.client_logins import ClientCredentials, ClientLogins
from customer_api.operators.clients import PASSWORD, REFRESH_TOKEN
from customer_api.operators.errors import (
    OperatorLoginFailed,
)
from customer_api.operators.models import (
    ApiClient,
    Audience,
    BackOfficeUnits,
    ClientId,
    Operator,
    OperatorId,
)
from customer_api.operators.scopes import ROLE_SCOPES
from customer_api.operators.tokens import BackOfficeTokens, StartedSession, TokenMaker
from customer_api.security import one_time_keys
from customer_api.security.login_limits import LoginLimits
from customer_api.security.refresh_tokens import (
    EndReason,
    RefreshFailed,
    RefreshTokenReused,
    RefreshTokens,
)


@dataclass(frozen=True, slots=True)
class OperatorLogin:
    """Command: log in with a password."""

    email: str
    password: str
    client_address: str
    client: ClientCredentials | None = None


class OperatorLogins:
    """Starts sessions of operators for one of the APIs, and exchanges their refresh tokens.

    For the storefront an operator must be an agent; whoever is none is unknown there.
    """

    def __init__(
        self,
        *,
        units: BackOfficeUnits,
        clock: Clock,
        passwords: PasswordChecks,
        limits: LoginLimits,
        clients: ClientLogins,
        tokens: TokenMaker,
        refresh_tokens: RefreshTokens,
        session_ttl_seconds: int,
        audience: Audience,
    ) -> None:
        self._audience = audience
        self._units = units
        self._clock = clock
        self._passwords = passwords
        self._limits = limits
        self._clients = clients
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._session_ttl = timedelta(seconds=session_ttl_seconds)

    async def log_in(self, command: OperatorLogin) -> BackOfficeTokens:
        """Start a session of an operator.

        Raises:
            OperatorLoginFailed: whatever is wrong, in the same time.
            TooManyAttempts: this account is blocked for this client address, or strangers to it wait.
            TooManyRequests: the address failed to log in to too many accounts.
            HashingBusy: too many logins at once.
            ClientRefused: a client authenticates, and wrongly.
            GrantNotAllowed: a client authenticates that may not use this grant.
        """
        client = await self._clients.authenticate_for(command.client, PASSWORD)
        typed = TypedPassword(
            _limit_subject(command.email), command.password, command.client_address
        )
        key = email_key(command.email)

        async def act(right: RightPassword[OperatorId]) -> StartedSession:
            return await self._units.write(lambda it: self._log_in(it, right, typed, key, client))

        started = await self._passwords.run(
            typed,
            act,
            find=lambda it: repository.find_password(it, key, self._audience),
            refusal=OperatorLoginFailed,
            record_failure=lambda _: record(SecurityEvent.OPERATOR_LOGIN_FAILED),
        )
        record(
            SecurityEvent.OPERATOR_LOGIN_SUCCEEDED,
            operator=started.subject,
            session=started.uuid,
        )
        return self._tokens.make(started)

    async def refresh(
        self, refresh_token: str, client: ClientCredentials | None = None
    ) -> BackOfficeTokens:
        """Exchange an operator's refresh token for its one successor (`security.refresh_tokens`).

        A token that was issued through a client takes that client's authentication.

        Raises:
            RefreshFailed: unknown, expired, of another client, or the session is over.
            RefreshTokenReused: the session was ended because of this call.
            ClientRefused: a client authenticates, and wrongly.
            GrantNotAllowed: a client authenticates that may not use this grant.
        """
        authenticated = await self._clients.authenticate_for(client, REFRESH_TOKEN)

        def work(connection: Connection) -> StartedSession:
            digest = one_time_keys.digest(refresh_token)
            owner = session_repository.find_token_owner(connection, digest, self._audience)
            if owner is None:
                raise RefreshFailed
            operator_id, client_id = owner
            if client_id != (None if authenticated is None else authenticated.id):
                raise RefreshFailed
            operator = repository.lock_operator(connection, operator_id)
            if operator is None:
                raise RefreshFailed
            if not self._admits(operator):
                raise RefreshFailed(EndReason.AGENT_ENDED)
            rotated = self._refresh_tokens.exchange(connection, refresh_token)
            return StartedSession(
                subject=operator.uuid,
                uuid=rotated.session_uuid,
                refresh_token=rotated.refresh_token,
                scopes=ROLE_SCOPES[operator.role],
            )

        try:
            return self._tokens.make(await self._refresh_tokens.run(self._units, work))
        except RefreshTokenReused as reuse:
            record(SecurityEvent.REFRESH_TOKEN_REUSED, session=reuse.session_uuid)
            raise

    def _log_in(
        self,
        connection: Connection,
        right: RightPassword[OperatorId],
        typed: TypedPassword,
        key: str,
        client: ApiClient | None,
    ) -> StartedSession:
        operator = repository.lock_operator(connection, right.account)
        if operator is None or not self._admits(operator):
            raise OperatorLoginFailed  # removed or no agent any more, while we hashed
        right.require_stored(repository.find_password(connection, key, self._audience)[1])
        if right.replacement is not None:
            repository.replace_password_hash(
                connection, operator.id, old=right.digest, new=right.replacement
            )
        self._limits.succeeded(connection, typed.subject, typed.client_address)
        return self._start(connection, operator, client)

    def _admits(self, operator: Operator) -> bool:
        return operator.is_agent or self._audience is not Audience.STOREFRONT

    def _start(
        self, connection: Connection, operator: Operator, client: ApiClient | None
    ) -> StartedSession:
        now = self._clock.now()
        expires_at = now + self._session_ttl
        uuid = random_uuid()
        session_id = session_repository.add_session(
            connection,
            uuid=uuid,
            operator_id=operator.id,
            client_id=_id(client),
            audience=self._audience,
            scopes=None,
            now=now,
            expires_at=expires_at,
        )
        refresh_token = self._refresh_tokens.issue(connection, session_id, session_ends=expires_at)
        return StartedSession(operator.uuid, uuid, refresh_token, ROLE_SCOPES[operator.role])


def _limit_subject(email: str) -> str:
    """Return under which name failed logins are counted: not that of a customer with this address."""
    return f"operator {email_key(email)}"


def _id(client: ApiClient | None) -> ClientId | None:
    return None if client is None else client.id
