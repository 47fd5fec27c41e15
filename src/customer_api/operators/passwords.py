"""Passwords of operators, which they set themselves by a link."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor, ActorKind
from customer_api.core.clock import Clock
from customer_api.operators import repository, session_repository
from customer_api.operators.errors import PasswordKeyInvalid
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims, Operator
from customer_api.operators.scopes import ROLE_SCOPES
from customer_api.security import one_time_keys
from customer_api.security.hashing import PasswordHasher
from customer_api.security.password_policy import PasswordPolicy
from customer_api.security.refresh_tokens import EndReason

KEY_TTL: Final = timedelta(hours=24)


class OperatorPasswords:
    """Makes links by which operators set a password, and sets it; each is an audit event."""

    def __init__(
        self,
        *,
        units: BackOfficeUnits,
        clock: Clock,
        hasher: PasswordHasher,
        policy: PasswordPolicy,
        link: str,
    ) -> None:
        """Set up the service; `link` has a place `{key}`."""
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._policy = policy
        self._link = link

    async def link(self, claims: CallerClaims, uuid: str) -> str:
        """Return a new link by which an operator sets a password; an older link dies.

        Raises:
            OperatorNotFound: there is none with this id.
        """

        def work(connection: Connection, caller: Caller) -> str:
            operator = repository.get_operator(connection, uuid)
            caller.require(ROLE_SCOPES[operator.role])  # the link logs in with that role
            self._note(connection, caller.actor, Action.OPERATOR_PASSWORD_LINKED, operator)
            return self.link_of(connection, operator)

        return await self._units.write_as(claims, work)

    async def link_by_command_line(self, actor: Actor, email: str) -> str:
        """Return a new link for an operator by their address, as `link` does.

        Raises:
            OperatorNotFound: there is none with this address.
        """

        def work(connection: Connection) -> str:
            operator = repository.get_operator_by_email(connection, email)
            self._note(connection, actor, Action.OPERATOR_PASSWORD_LINKED, operator)
            return self.link_of(connection, operator)

        return await self._units.write(work)

    async def set(self, key: str, password: str) -> None:
        """Set a password with the key of a link, and end the operator's sessions.

        Raises:
            PasswordKeyInvalid: the key is good for nothing (any more).
            PasswordRefused: the policy rejects the password; the key stays good.
        """
        digest = one_time_keys.digest(key)
        now = self._clock.now()
        owner = await self._units.read(
            lambda it: repository.find_by_password_key(it, digest, now=now)
        )
        if owner is None:
            raise PasswordKeyInvalid
        password_hash = await self.digest(password, owner.email)

        def work(connection: Connection) -> None:
            now = self._clock.now()
            used = repository.use_password_key(connection, digest, password_hash, now=now)
            if used is None:
                raise PasswordKeyInvalid
            reason = EndReason.PASSWORD_CHANGED
            session_repository.end_sessions(connection, used.id, reason, now=now)
            actor = Actor(ActorKind.OPERATOR, used.uuid)
            self._note(connection, actor, Action.OPERATOR_PASSWORD_SET, used)

        await self._units.write(work)

    async def digest(self, password: str, email: str) -> str:
        """Return the digest of a new password.

        Raises:
            PasswordRefused: the policy rejects it.
        """
        self._policy.check(password, email=email)
        return await self._hasher.hash(password)

    def link_of(self, connection: Connection, operator: Operator) -> str:
        """Return a link for an operator, inside a unit; an older one dies."""
        key = one_time_keys.new_key()
        expires_at = self._clock.now() + KEY_TTL
        repository.set_password_key(
            connection, operator.id, digest=one_time_keys.digest(key), expires_at=expires_at
        )
        return self._link.format(key=key)

    def _note(
        self, connection: Connection, actor: Actor, action: Action, operator: Operator
    ) -> None:
        audit.add(connection, actor, action, operator.uuid, now=self._clock.now())
