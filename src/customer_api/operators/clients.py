"""Managing clients of the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import random_uuid
from customer_api.operators import client_repository as repository
from customer_api.operators.errors import ApiClientNotFound
from customer_api.operators.models import ApiClient, BackOfficeUnits, Caller, CallerClaims
from customer_api.operators.scopes import Scope
from customer_api.security import one_time_keys

OLD_SECRET_TTL: Final = timedelta(hours=24)
"""So long a secret stays good after the rotation that replaced it."""

CLIENT_CREDENTIALS: Final = "client_credentials"
PASSWORD: Final = "password"  # noqa: S105 - a grant
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 - a grant
GRANTS: Final = (CLIENT_CREDENTIALS, PASSWORD, REFRESH_TOKEN)
"""The grants a client can be allowed to use (RFC 6749, sections 4.3, 4.4 and 6)."""


@dataclass(frozen=True, slots=True)
class CreateClient:
    """Command: let a machine call the API."""

    name: str
    scopes: frozenset[Scope]
    grants: frozenset[str] = frozenset({CLIENT_CREDENTIALS})


@dataclass(frozen=True, slots=True)
class ChangeClient:
    """Command: change a client; None leaves it."""

    name: str | None = None
    scopes: frozenset[Scope] | None = None
    grants: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class ClientWithSecret:
    """A client with a secret that is shown this once."""

    client: ApiClient
    secret: str


class ApiClientService:
    """Creates, changes and removes clients; every change is an audit event."""

    def __init__(self, *, units: BackOfficeUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def list_all(self, claims: CallerClaims) -> tuple[ApiClient, ...]:
        """Return all clients, the oldest first."""
        return await self._units.read_as(claims, lambda it, _: repository.list_clients(it))

    async def read(self, claims: CallerClaims, uuid: str) -> ApiClient:
        """Return a client.

        Raises:
            ApiClientNotFound: there is none with this id.
        """
        return await self._units.read_as(claims, lambda it, _: _existing(it, uuid))

    async def create(self, claims: CallerClaims, command: CreateClient) -> ClientWithSecret:
        """Add a client.

        Raises:
            InsufficientScope: it may do what the caller may not.
        """

        def work(connection: Connection, caller: Caller) -> ClientWithSecret:
            caller.require(command.scopes)
            return self._create(connection, caller.actor, command)

        return await self._units.write_as(claims, work)

    async def create_by_command_line(self, actor: Actor, command: CreateClient) -> ClientWithSecret:
        """Add a client."""
        return await self._units.write(lambda it: self._create(it, actor, command))

    async def change(
        self,
        claims: CallerClaims,
        uuid: str,
        command: ChangeClient,
        *,
        keep: Keep[ApiClient] = keep_nothing,
    ) -> ApiClient:
        """Change a client; scopes that are taken away are gone from its tokens, too.

        Raises:
            ApiClientNotFound: there is none with this id.
        """

        def work(connection: Connection, caller: Caller) -> ApiClient:
            before = _locked(connection, uuid)
            name = before.name if command.name is None else command.name
            scopes = before.scopes if command.scopes is None else command.scopes
            grants = before.grants if command.grants is None else command.grants
            fields = [
                field
                for field, differs in (
                    ("name", name != before.name),
                    ("scopes", scopes != before.scopes),
                    ("grants", grants != before.grants),
                )
                if differs
            ]
            if not fields:
                return before
            caller.require(scopes)
            self._note(connection, caller.actor, Action.CLIENT_CHANGED, uuid, fields)
            return repository.change_client(
                connection,
                before,
                name=name,
                scopes=scopes,
                grants=grants,
                now=self._clock.now(),
            )

        return await self._units.write_as(claims, work, keep)

    async def rotate(self, claims: CallerClaims, uuid: str) -> ClientWithSecret:
        """Give a client another secret; the present one stays good for `OLD_SECRET_TTL`.

        Raises:
            ApiClientNotFound: there is none with this id.
            InsufficientScope: it may do what the caller may not.
        """

        def work(connection: Connection, caller: Caller) -> ClientWithSecret:
            rotated = self._rotate(connection, caller.actor, uuid)
            caller.require(rotated.client.scopes)
            return rotated

        return await self._units.write_as(claims, work)

    async def rotate_by_command_line(self, actor: Actor, uuid: str) -> ClientWithSecret:
        """Give a client another secret, as `rotate` does.

        Raises:
            ApiClientNotFound: there is none with this id.
        """
        return await self._units.write(lambda it: self._rotate(it, actor, uuid))

    async def remove(
        self, claims: CallerClaims, uuid: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """Remove a client; its tokens are refused at once, and so are those it got for operators.

        Raises:
            ApiClientNotFound: there is none with this id.
        """

        def work(connection: Connection, caller: Caller) -> None:
            if not repository.remove_client(connection, uuid, now=self._clock.now()):
                raise ApiClientNotFound
            self._note(connection, caller.actor, Action.CLIENT_REMOVED, uuid)

        await self._units.write_as(claims, work, keep)

    def _create(
        self, connection: Connection, actor: Actor, command: CreateClient
    ) -> ClientWithSecret:
        secret = one_time_keys.new_key()
        client = repository.add_client(
            connection,
            uuid=random_uuid(),
            name=command.name,
            scopes=command.scopes,
            grants=command.grants,
            secret_digest=one_time_keys.digest(secret),
            now=self._clock.now(),
        )
        self._note(connection, actor, Action.CLIENT_CREATED, client.uuid)
        return ClientWithSecret(client, secret)

    def _rotate(self, connection: Connection, actor: Actor, uuid: str) -> ClientWithSecret:
        secret = one_time_keys.new_key()
        now = self._clock.now()
        client = repository.rotate_client(
            connection,
            _locked(connection, uuid),
            secret_digest=one_time_keys.digest(secret),
            old_until=now + OLD_SECRET_TTL,
            now=now,
        )
        self._note(connection, actor, Action.CLIENT_SECRET_ROTATED, uuid)
        return ClientWithSecret(client, secret)

    def _note(
        self,
        connection: Connection,
        actor: Actor,
        action: Action,
        uuid: str,
        fields: Sequence[str] = (),
    ) -> None:
        audit.add(connection, actor, action, uuid, now=self._clock.now(), fields=fields)


def _existing(connection: Connection, uuid: str) -> ApiClient:
    client = repository.find_client(connection, uuid)
    if client is None:
        raise ApiClientNotFound
    return client


def _locked(connection: Connection, uuid: str) -> ApiClient:
    client = repository.lock_client(connection, uuid)
    if client is None:
        raise ApiClientNotFound
    return client
