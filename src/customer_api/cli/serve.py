"""`customer-api serve`."""

import os
import socket
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from customer_api.cli.environment import (
    absolute,
    ensure_signing_key,
    fail,
    has_default_key,
    is_embedded,
    settings_or_exit,
    upgrade_or_exit,
)
from customer_api.core import schema
from customer_api.core.engines import parse_url
from customer_api.core.settings import PREFIX, Settings

HASH_THREADS = f"{PREFIX}HASH_THREADS"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="TCP port."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Server processes.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API.

    An embedded SQLite database is migrated first, and so is an empty PostgreSQL database; one with
    an older schema is not touched: run `customer-api migrate`. The default signing key is
    generated when it is missing.

    \b
    Examples:
      customer-api serve
      customer-api serve --host 0.0.0.0 --port 8080 --workers 4
    """
    settings = settings_or_exit()
    _check_address(host, port)
    if has_default_key(settings):
        ensure_signing_key(settings)
    if is_embedded(settings):
        upgrade_or_exit(settings)
    else:
        _check_schema(settings)
    from customer_api import server  # noqa: PLC0415 - `--help` and errors need no server

    try:
        server.check(settings)
    except server.START_ERRORS as error:
        fail(str(error))
    if not settings.hash_threads:
        threads = max(1, (os.cpu_count() or 1) // workers)
        os.environ[HASH_THREADS] = str(threads)  # noqa: TID251 - how workers inherit a setting
    _greet(settings, host, port)
    server.run(settings, host=host, port=port, workers=workers)


def _check_address(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        fail(
            f"cannot listen on port {port} of {host} ({os.strerror(error.errno or 0)}); choose another --port"
        )


def _check_schema(settings: Settings) -> None:
    url = parse_url(settings.database_url.get_secret_value())
    try:
        revision = schema.with_connection(url, schema.current_revision)
    except (SQLAlchemyError, OSError):
        click.echo("customer-api: the database does not answer yet; serving 503 until it does")
        return
    if revision is None:
        upgrade_or_exit(settings)
    elif revision != schema.head_revision():
        fail("the database has another schema than this program; run `customer-api migrate`")


def _greet(settings: Settings, host: str, port: int) -> None:
    address = f"http://{'[' + host + ']' if ':' in host else host}:{port}"
    lines = [f"Customer API on {address}", f"  storefront  {address}/v1"]
    if settings.docs:
        lines.append(f"  docs        {address}/docs")
    mail_url = settings.mail_url.get_secret_value()
    if mail_url.startswith("files:"):
        directory = absolute(Path(mail_url.removeprefix("files:")))
        lines.append(f"  mails       {directory} (one .eml file each)")
    else:
        lines.append(f"  mails       {mail_url.partition(':')[0]} server")
    click.echo("\n".join(lines))
