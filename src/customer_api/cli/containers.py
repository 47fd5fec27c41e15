"""The wired objects of a command that works on the database itself."""

from sqlalchemy.exc import SQLAlchemyError

from customer_api.bootstrap import Container, build
from customer_api.cli.environment import (
    ensure_signing_key,
    fail,
    has_default_key,
    is_embedded,
    reason,
    upgrade_or_exit,
)
from customer_api.core import schema
from customer_api.core.engines import parse_url
from customer_api.core.settings import Settings
from customer_api.server import START_ERRORS


def open_container(settings: Settings) -> Container:
    """Return the wired objects over a database with this program's schema, or exit."""
    if has_default_key(settings):
        ensure_signing_key(settings)
    if is_embedded(settings):
        upgrade_or_exit(settings)
    else:
        _require_schema(settings)
    try:
        return build(settings)
    except START_ERRORS as error:
        fail(str(error))


def _require_schema(settings: Settings) -> None:
    url = parse_url(settings.database_url.get_secret_value())
    try:
        revision = schema.with_connection(url, schema.current_revision)
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database cannot be used: {reason(error)}")
    if revision != schema.head_revision():
        fail("the database has another schema than this program; run `customer-api migrate`")
