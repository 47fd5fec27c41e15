"""Queries over clients of the API."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, insert, or_, select, update

from customer_api.operators.models import (
    ApiClient,
    ClientId,
    ClientRow,
)
from customer_api.operators.scopes import Scope, from_scopes, to_scopes

_CLIENT: Final = (
    ClientRow.id,
    ClientRow.uuid,
    ClientRow.name,
    ClientRow.scopes,
    ClientRow.grants,
    ClientRow.old_secret_expires_at,
    ClientRow.created_at,
    ClientRow.updated_at,
    ClientRow.version,
)
_IS_ADMITTED: Final = ClientRow.removed_at.is_(None)
_ADD_CLIENT: Final = insert(ClientRow).returning(*_CLIENT)
_LIST_CLIENTS: Final = select(*_CLIENT).where(_IS_ADMITTED).order_by(ClientRow.id)
_CLIENT_BY_UUID: Final = select(*_CLIENT).where(_IS_ADMITTED, ClientRow.uuid == bindparam("uuid"))
_CLIENT_BY_SECRET: Final = _CLIENT_BY_UUID.where(
    or_(
        ClientRow.secret_digest == bindparam("digest"),
        and_(
            ClientRow.old_secret_digest == bindparam("digest"),
            ClientRow.old_secret_expires_at > bindparam("now"),
        ),
    )
)
_CHANGE_CLIENT: Final = (
    update(ClientRow)
    .where(ClientRow.id == bindparam("client"), _IS_ADMITTED)
    .values(
        name=bindparam("new_name"),
        scopes=bindparam("new_scopes"),
        grants=bindparam("new_grants"),
        updated_at=bindparam("now"),
        version=ClientRow.version + 1,
    )
    .returning(*_CLIENT)
)
_ROTATE_CLIENT: Final = (
    update(ClientRow)
    .where(ClientRow.uuid == bindparam("of"), _IS_ADMITTED)
    .values(
        old_secret_digest=ClientRow.secret_digest,
        old_secret_expires_at=bindparam("end"),
        secret_digest=bindparam("digest"),
        updated_at=bindparam("now"),
        version=ClientRow.version + 1,
    )
    .returning(*_CLIENT)
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
        "secret_digest": secret_digest,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    return _to_client(connection.execute(_ADD_CLIENT, values).one())


def list_clients(connection: Connection) -> tuple[ApiClient, ...]:
    """Return all clients, the oldest first."""
    return tuple(map(_to_client, connection.execute(_LIST_CLIENTS)))


def find_client(connection: Connection, uuid: str) -> ApiClient | None:
    """Return a client."""
    row = connection.execute(_CLIENT_BY_UUID, {"uuid": uuid}).one_or_none()
    return None if row is None else _to_client(row)


def find_client_by_secret(
    connection: Connection, uuid: str, digest: bytes, *, now: datetime
) -> ApiClient | None:
    """Return the client whose secret this is, the old one included while it is good."""
    parameters = {"uuid": uuid, "digest": digest, "now": now}
    row = connection.execute(_CLIENT_BY_SECRET, parameters).one_or_none()
    return None if row is None else _to_client(row)


def change_client(
    connection: Connection,
    client_id: ClientId,
    *,
    name: str,
    scopes: frozenset[Scope],
    grants: frozenset[str],
    now: datetime,
) -> ApiClient:
    """Set what a client is called and may do, and return it."""
    parameters = {
        "client": client_id,
        "new_name": name,
        "new_scopes": from_scopes(scopes),
        "new_grants": " ".join(sorted(grants)),
        "now": now,
    }
    return _to_client(connection.execute(_CHANGE_CLIENT, parameters).one())


def rotate_client(
    connection: Connection, uuid: str, *, secret_digest: bytes, old_until: datetime, now: datetime
) -> ApiClient | None:
    """Give a client another secret; the present one stays good until `old_until`."""
    parameters = {"of": uuid, "digest": secret_digest, "end": old_until, "now": now}
    row = connection.execute(_ROTATE_CLIENT, parameters).one_or_none()
    return None if row is None else _to_client(row)


def remove_client(connection: Connection, uuid: str, *, now: datetime) -> bool:
    """Mark a client as removed; False when there is none."""
    return connection.execute(_REMOVE_CLIENT, {"of": uuid, "now": now}).rowcount == 1


def _to_client(row: Row[*tuple[Any, ...]]) -> ApiClient:
    id_, uuid, name, scopes, grants, *others = row
    return ApiClient(
        ClientId(id_), uuid, name, to_scopes(scopes), frozenset(grants.split()), *others
    )
