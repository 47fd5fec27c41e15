"""What several commands do first: settings, signing key, schema; and how they fail."""

from pathlib import Path
from typing import Final, NoReturn

import click
from alembic.util.exc import CommandError
from sqlalchemy.exc import SQLAlchemyError

from customer_api.core import schema
from customer_api.core.engines import parse_url
from customer_api.core.settings import Settings, SettingsInvalid, load_settings
from customer_api.security.signing_keys import SigningKeyInvalid, generate_signing_key

USAGE_ERROR: Final = 2
NEWER_SCHEMA: Final = "the database has a newer schema than this program; install the newer program"


def settings_or_exit() -> Settings:
    """Return the settings of the environment; explain and exit with 2 when they are wrong."""
    try:
        settings = load_settings()
        parse_url(settings.database_url.get_secret_value())
    except (SettingsInvalid, ValueError) as error:
        fail(str(error))
    return settings


def ensure_signing_key(settings: Settings) -> None:
    """Generate the first signing key when its file is missing."""
    path = settings.signing_keys[0]
    if path.exists():
        return
    try:
        generate_signing_key(path)
    except SigningKeyInvalid as error:
        fail(str(error))
    click.echo(f"generated a signing key: {path}", err=True)


def has_default_key(settings: Settings) -> bool:
    """Return whether the signing key is the one that a laptop gets by default."""
    return bool(settings.signing_keys == Settings.model_fields["signing_keys"].default)


def is_embedded(settings: Settings) -> bool:
    """Return whether the database is an SQLite file."""
    return parse_url(settings.database_url.get_secret_value()).get_backend_name() == "sqlite"


def upgrade_or_exit(settings: Settings) -> None:
    """Bring the database to this program's schema; explain and exit with 1 when that fails."""
    try:
        schema.upgrade(settings.database_url.get_secret_value())
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database cannot be migrated: {reason(error)}", code=1)
    except CommandError:
        fail(NEWER_SCHEMA, code=1)


def reason(error: BaseException) -> str:
    """Return why a database call failed, without its text, which can quote data."""
    cause = getattr(error, "orig", None) or error
    return getattr(cause, "strerror", None) or type(cause).__name__


def absolute(path: Path) -> str:
    """Return a path as a person at another terminal can use it."""
    return str(path.expanduser().resolve())


def fail(message: str, *, code: int = USAGE_ERROR) -> NoReturn:
    """Print what is wrong and exit."""
    for line in message.splitlines():
        click.echo(f"customer-api: {line}", err=True)
    raise SystemExit(code)
