"""Managing operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import random_uuid
from customer_api.operators import repository, session_repository
from customer_api.operators.errors import LastAdministrator
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims, Operator
from customer_api.operators.passwords import OperatorPasswords
from customer_api.operators.scopes import ROLE_SCOPES, Role
from customer_api.security.refresh_tokens import EndReason


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
        passwords: OperatorPasswords,
    ) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords

    async def list_all(self, claims: CallerClaims) -> tuple[Operator, ...]:
        """Return all operators, the oldest first."""

        def work(connection: Connection, caller: Caller) -> tuple[Operator, ...]:
            self._note(connection, caller.actor, Action.OPERATORS_READ, "")
            return repository.list_operators(connection)

        return await self._units.write_as(claims, work)

    async def read(self, claims: CallerClaims, uuid: str) -> Operator:
        """Return an operator.

        Raises:
            OperatorNotFound: there is none with this id.
        """

        def work(connection: Connection, caller: Caller) -> Operator:
            operator = repository.get_operator(connection, uuid)
            self._note(connection, caller.actor, Action.OPERATORS_READ, uuid)
            return operator

        return await self._units.write_as(claims, work)

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
        password = command.password
        digest = None if password is None else await self._passwords.digest(password, command.email)
        return await self._units.write(lambda it: self._create(it, actor, command, digest))

    async def change(
        self,
        claims: CallerClaims,
        uuid: str,
        command: ChangeOperator,
        *,
        keep: Keep[Operator] = keep_nothing,
    ) -> Operator:
        """Change role or flag; it holds from the operator's next request on.

        Who ceases to be an agent loses the sessions in the storefront for good.

        Raises:
            OperatorNotFound: there is none with this id.
            LastAdministrator: no other one can log in.
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

        return await self._units.write_as(claims, work, keep)

    async def remove(
        self, claims: CallerClaims, uuid: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """Remove an operator; tokens are refused at once.

        Raises:
            OperatorNotFound: there is none with this id.
            LastAdministrator: no other one can log in.
        """
        await self._units.write_as(
            claims, lambda it, caller: self._remove(it, caller.actor, uuid), keep
        )

    async def remove_by_command_line(self, actor: Actor, email: str) -> None:
        """Remove an operator by their address.

        Raises:
            OperatorNotFound: there is none with this address.
            LastAdministrator: no other one can log in.
        """

        def work(connection: Connection) -> None:
            self._remove(
                connection, actor, repository.get_operator_by_email(connection, email).uuid
            )

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
            role=command.role,
            is_agent=command.is_agent,
            password_hash=digest,
            now=self._clock.now(),
        )
        self._note(connection, actor, Action.OPERATOR_CREATED, operator.uuid)
        return Created(operator, None if digest else self._passwords.link_of(connection, operator))

    def _remove(self, connection: Connection, actor: Actor, uuid: str) -> None:
        operator = self._lock(connection, uuid, is_leaving=True)
        repository.remove_operator(connection, operator.id, now=self._clock.now())
        self._note(connection, actor, Action.OPERATOR_REMOVED, uuid)

    def _lock(self, connection: Connection, uuid: str, *, is_leaving: bool) -> Operator:
        """Return an operator who may stop being an administrator, as far as others can log in."""
        administrators = repository.lock_administrators(connection)
        operator = repository.get_operator(connection, uuid)
        if is_leaving and administrators == {operator.id}:
            raise LastAdministrator
        return operator

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
