"""How Alembic reaches the database: over the connection that `customer_api.core.schema` hands in."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, text

from customer_api.bootstrap import metadata
from customer_api.core import engines, schema
from customer_api.core.settings import load_settings
from customer_api.core.types import UtcDateTime

LOCK = 0x637573746F6D6572  # "customer": one advisory lock for all migrating processes


def render_item(kind: str, item: object, _autogenerate: object) -> str | Literal[False]:
    """Write our column types as SQLAlchemy's own: a migration imports nothing from the program."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations in one transaction, one process at a time."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_item=render_item,
    )
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    migrate(connection)
else:  # the `alembic` command itself, for example to write a new revision
    schema.with_connection(
        engines.parse_url(load_settings().database_url.get_secret_value()), migrate
    )
