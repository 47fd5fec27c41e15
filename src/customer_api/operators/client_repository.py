"""Queries over clients of the API and their secrets."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, or_, select, update

from customer_api.operators.models import ApiClient, ClientId, ClientRow, ClientSecretRow
from customer_api.operators.scopes import Scope, from_scopes, to_scopes

_CLIENT: Final = (
    ClientRow.id,
    ClientRow.uuid,
    ClientRow.name,
    ClientRow.scopes,
    ClientRow.grants,
    ClientRow.created_at,
    ClientRow.updated_at,
    ClientRow.version,
    select(func.max(ClientSecretRow.expires_at))
    .where(ClientSecretRow.client_id == ClientRow.id)
    .correlate(ClientRow)
    .scalar_subquery(),
)
_IS_ADMITTED: Final = ClientRow.removed_at.is_(None)
_ADD_CLIENT: Final = insert(ClientRow).returning(ClientRow.id)
_LIST_CLIENTS: Final = select(*_CLIENT).where(_IS_ADMITTED).order_by(ClientRow.id)
_CLIENT_BY_UUID: Final = select(*_CLIENT).where(_IS_ADMITTED, ClientRow.uuid == bindparam("uuid"))
_CLIENT_LOCKED: Final = _CLIENT_BY_UUID.with_for_update(of=ClientRow)
_CLIENT_BY_SECRET: Final = _CLIENT_BY_UUID.join(
    ClientSecretRow, ClientSecretRow.client_id == ClientRow.id
).where(
    ClientSecretRow.digest == bindparam("digest"),
    or_(ClientSecretRow.expires_at.is_(None), ClientSecretRow.expires_at > bindparam("now")),
)
_CHANGE_CLIENT: Final = (
    update(ClientRow)
    .where(ClientRow.id == bindparam("client"))
    .values(
        name=bindparam("new_name"),
        scopes=bindparam("new_scopes"),
        grants=bindparam("new_grants"),
        updated_at=bindparam("now"),
        version=ClientRow.version + 1,
    )
)
_TOUCH_CLIENT: Final = (
    update(ClientRow)
    .where(ClientRow.id == bindparam("client"))
    .values(updated_at=bindparam("now"), version=ClientRow.version + 1)
)
_ADD_SECRET: Final = insert(ClientSecretRow)
_END_SECRET: Final = (
    update(ClientSecretRow)
    .where(ClientSecretRow.client_id == bindparam("client"), ClientSecretRow.expires_at.is_(None))
    .values(expires_at=bindparam("end"))
)
_DELETE_ENDED_SECRETS: Final = delete(ClientSecretRow).where(
    ClientSecretRow.client_id == bindparam("client"), ClientSecretRow.expires_at <= bindparam("now")
)
_REMOVE_CLIENT: Final = (
    update(ClientRow)
    .where(ClientRow.uuid == bindparam("of"), _IS_ADMITTED)
    .values(removed_at=bindparam("now"), updated_at=bindparam("now"), version=ClientRow.version + 1)
)


def add_client(
    connection: Connection,
    *,
    uuid: str,
    name: str,
    scopes: frozenset[Scope],
    grants: frozenset[str],
    secret_digest: bytes,
    now: datetime,
) -> ApiClient:
    """Insert a client."""
    values = {
        "uuid": uuid,
        "name": name,
        "scopes": from_scopes(scopes),
        "grants": " ".join(sorted(grants)),
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    client_id = connection.execute(_ADD_CLIENT, values).scalar_one()
    connection.execute(_ADD_SECRET, {"client_id": client_id, "digest": secret_digest})
    return _get(connection, uuid)


def list_clients(connection: Connection) -> tuple[ApiClient, ...]:
    """Return all clients, the oldest first."""
    return tuple(map(_to_client, connection.execute(_LIST_CLIENTS)))


def find_client(connection: Connection, uuid: str) -> ApiClient | None:
    """Return a client."""
    row = connection.execute(_CLIENT_BY_UUID, {"uuid": uuid}).one_or_none()
    return None if row is None else _to_client(row)


def lock_client(connection: Connection, uuid: str) -> ApiClient | None:
    """Return a client that nobody else changes until the transaction is over."""
    row = connection.execute(_CLIENT_LOCKED, {"uuid": uuid}).one_or_none()
    return None if row is None else _to_client(row)


def find_client_by_secret(
    connection: Connection, uuid: str, digest: bytes, *, now: datetime
) -> ApiClient | None:
    """Return the client whose secret this is, old ones included while they are good."""
    parameters = {"uuid": uuid, "digest": digest, "now": now}
    row = connection.execute(_CLIENT_BY_SECRET, parameters).one_or_none()
    return None if row is None else _to_client(row)


def change_client(
    connection: Connection,
    client: ApiClient,
    *,
    name: str,
    scopes: frozenset[Scope],
    grants: frozenset[str],
    now: datetime,
) -> ApiClient:
    """Set what a locked client is called and may do, and return it."""
    parameters = {
        "client": client.id,
        "new_name": name,
        "new_scopes": from_scopes(scopes),
        "new_grants": " ".join(sorted(grants)),
        "now": now,
    }
    connection.execute(_CHANGE_CLIENT, parameters)
    return _get(connection, client.uuid)


def rotate_client(
    connection: Connection,
    client: ApiClient,
    *,
    secret_digest: bytes,
    old_until: datetime,
    now: datetime,
) -> ApiClient:
    """Give a locked client another secret, and return it; the present one is good until `old_until`."""
    of = {"client": client.id}
    connection.execute(_DELETE_ENDED_SECRETS, {**of, "now": now})
    connection.execute(_END_SECRET, {**of, "end": old_until})
    connection.execute(_ADD_SECRET, {"client_id": client.id, "digest": secret_digest})
    connection.execute(_TOUCH_CLIENT, {**of, "now": now})
    return _get(connection, client.uuid)


def remove_client(connection: Connection, uuid: str, *, now: datetime) -> bool:
    """Mark a client as removed; False when there is none."""
    return connection.execute(_REMOVE_CLIENT, {"of": uuid, "now": now}).rowcount == 1


def _get(connection: Connection, uuid: str) -> ApiClient:
    return _to_client(connection.execute(_CLIENT_BY_UUID, {"uuid": uuid}).one())


def _to_client(row: Row[*tuple[Any, ...]]) -> ApiClient:
    id_, uuid, name, scopes, grants, *others = row
    return ApiClient(
        ClientId(id_), uuid, name, to_scopes(scopes), frozenset(grants.split()), *others
    )
