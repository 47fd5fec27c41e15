"""Managing operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor, ActorKind
from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.customers.emails import email_key
from customer_api.operators import repository, session_repository
from customer_api.operators.errors import (
    LastAdministrator,
    OperatorNotFound,
    PasswordKeyInvalid,
)
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims, Operator
from customer_api.operators.scopes import ROLE_SCOPES, Role
from customer_api.security import one_time_keys
from customer_api.security.hashing import PasswordHasher
from customer_api.security.password_policy import PasswordPolicy
from customer_api.security.refresh_tokens import EndReason

PASSWORD_KEY_TTL: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CreateOperator:
    """Command: let somebody work in the back office."""

    email: str
    role: Role
    is_agent: bool = False
    password: str | None = None
    """None: the operator sets one by a link."""


@dataclass(frozen=True, slots=True)
class ChangeOperator:
    """Command: change what an operator may do; None leaves it."""

    role: Role | None = None
    is_agent: bool | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """A new operator, and the link by which they set a password, if they have none."""

    operator: Operator
    password_link: str | None


class OperatorService:
    """Creates, changes and removes operators; every change is an audit event."""

    def __init__(
        self,
        *,
        units: BackOfficeUnits,
        clock: Clock,
        hasher: PasswordHasher,
        policy: PasswordPolicy,
        password_link: str,
    ) -> None:
        """Set up the service; `password_link` has a place `{key}`."""
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._policy = policy
        self._password_link = password_link

    async def list_all(self, claims: CallerClaims) -> tuple[Operator, ...]:
        """Return all operators, the oldest first."""
        return await self._units.read_as(claims, lambda it, _: repository.list_operators(it))

    async def read(self, claims: CallerClaims, uuid: str) -> Operator:
        """Return an operator.

        Raises:
            OperatorNotFound: there is none with this id.
        """
        return await self._units.read_as(claims, lambda it, _: _existing(it, uuid))

    async def create(self, claims: CallerClaims, command: CreateOperator) -> Created:
        """Add an operator.

        Raises:
            OperatorEmailTaken: another operator has this address.
            InsufficientScope: the role may do what the caller may not.
        """

        def work(connection: Connection, caller: Caller) -> Created:
            caller.require(ROLE_SCOPES[command.role])
            return self._create(connection, caller.actor, command, None)

        return await self._units.write_as(claims, work)

    async def create_by_command_line(self, actor: Actor, command: CreateOperator) -> Created:
        """Add an operator, also the first one, and with a password when the command has one.

        Raises:
            OperatorEmailTaken: another operator has this address.
            PasswordRefused: the policy rejects the password.
        """
        digest = None
        if command.password is not None:
            self._policy.check(command.password, email=command.email)
            digest = await self._hasher.hash(command.password)
        return await self._units.write(lambda it: self._create(it, actor, command, digest))

    async def link_password(self, claims: CallerClaims, uuid: str) -> str:
        """Return a new link by which an operator sets a password; an older link dies.

        Raises:
            OperatorNotFound: there is none with this id.
        """

        def work(connection: Connection, caller: Caller) -> str:
            operator = _existing(connection, uuid)
            caller.require(ROLE_SCOPES[operator.role])  # the link logs in with that role
            self._note(connection, caller.actor, Action.OPERATOR_PASSWORD_LINKED, operator.uuid)
            return self._link(connection, operator)

        return await self._units.write_as(claims, work)

    async def set_password(self, key: str, password: str) -> None:
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
        self._policy.check(password, email=owner.email)
        password_hash = await self._hasher.hash(password)

        def work(connection: Connection) -> None:
            now = self._clock.now()
            used = repository.use_password_key(connection, digest, password_hash, now=now)
            if used is None:
                raise PasswordKeyInvalid
            reason = EndReason.PASSWORD_CHANGED
            session_repository.end_sessions(connection, used.id, reason, now=now)
            actor = Actor(ActorKind.OPERATOR, used.uuid)
            self._note(connection, actor, Action.OPERATOR_PASSWORD_SET, used.uuid)

        await self._units.write(work)

    async def change(self, claims: CallerClaims, uuid: str, command: ChangeOperator) -> Operator:
        """Change role or flag; it holds from the operator's next request on.

        Who ceases to be an agent loses the sessions in the storefront for good.

        Raises:
            OperatorNotFound: there is none with this id.
            LastAdministrator: nobody else is one.
            InsufficientScope: the role may do what the caller may not.
        """

        def work(connection: Connection, caller: Caller) -> Operator:
            operator = self._lock(connection, uuid, is_leaving=command.role not in _STAYS)
            role = operator.role if command.role is None else command.role
            caller.require(ROLE_SCOPES[role])
            is_agent = operator.is_agent if command.is_agent is None else command.is_agent
            fields = [
                name
                for name, differs in (
                    ("role", role != operator.role),
                    ("isAgent", is_agent != operator.is_agent),
                )
                if differs
            ]
            if not fields:
                return operator
            self._note(connection, caller.actor, Action.OPERATOR_CHANGED, uuid, fields)
            now = self._clock.now()
            changed = repository.change_operator(
                connection, operator.id, role=role, is_agent=is_agent, now=now
            )
            if not is_agent:  # after the change, so that no login slips in between
                reason = EndReason.AGENT_ENDED
                session_repository.end_agent_sessions(connection, operator.id, reason, now=now)
            return changed

        return await self._units.write_as(claims, work)

    async def remove(self, claims: CallerClaims, uuid: str) -> None:
        """Remove an operator; tokens are refused at once.

        Raises:
            OperatorNotFound: there is none with this id.
            LastAdministrator: nobody else is one.
        """
        await self._units.write_as(claims, lambda it, caller: self._remove(it, caller.actor, uuid))

    async def remove_by_command_line(self, actor: Actor, email: str) -> None:
        """Remove an operator by their address.

        Raises:
            OperatorNotFound: there is none with this address.
            LastAdministrator: nobody else is one.
        """

        def work(connection: Connection) -> None:
            found = repository.find_operator_by_email(connection, email_key(email))
            if found is None:
                raise OperatorNotFound
            self._remove(connection, actor, found.uuid)

        await self._units.write(work)

    async def list_by_command_line(self) -> tuple[Operator, ...]:
        """Return all operators, the oldest first."""
        return await self._units.read(repository.list_operators)

    def _create(
        self, connection: Connection, actor: Actor, command: CreateOperator, digest: str | None
    ) -> Created:
        operator = repository.add_operator(
            connection,
            uuid=random_uuid(),
            email=command.email,
            email_key=email_key(command.email),
            role=command.role,
            is_agent=command.is_agent,
            password_hash=digest,
            now=self._clock.now(),
        )
        self._note(connection, actor, Action.OPERATOR_CREATED, operator.uuid)
        return Created(operator, None if digest else self._link(connection, operator))

    def _remove(self, connection: Connection, actor: Actor, uuid: str) -> None:
        operator = self._lock(connection, uuid, is_leaving=True)
        repository.remove_operator(connection, operator.id, now=self._clock.now())
        self._note(connection, actor, Action.OPERATOR_REMOVED, uuid)

    def _lock(self, connection: Connection, uuid: str, *, is_leaving: bool) -> Operator:
        """Return an operator who may stop being an administrator, as far as there are others."""
        administrators = repository.lock_administrators(connection)
        operator = _existing(connection, uuid)
        if is_leaving and administrators == {operator.id}:
            raise LastAdministrator
        return operator

    def _link(self, connection: Connection, operator: Operator) -> str:
        key = one_time_keys.new_key()
        expires_at = self._clock.now() + PASSWORD_KEY_TTL
        repository.set_password_key(
            connection, operator.id, digest=one_time_keys.digest(key), expires_at=expires_at
        )
        return self._password_link.format(key=key)

    def _note(
        self,
        connection: Connection,
        actor: Actor,
        action: Action,
        uuid: str,
        fields: Sequence[str] = (),
    ) -> None:
        audit.add(connection, actor, action, uuid, now=self._clock.now(), fields=fields)


_STAYS: Final = (None, Role.ADMINISTRATOR)


def _existing(connection: Connection, uuid: str) -> Operator:
    operator = repository.find_operator(connection, uuid)
    if operator is None:
        raise OperatorNotFound
    return operator
