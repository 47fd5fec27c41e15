"""`customer-api migrate`."""

import click

from customer_api.cli.environment import ensure_signing_key, settings_or_exit, upgrade_or_exit
from customer_api.core.schema import head_revision


@click.command()
def migrate() -> None:
    """Bring the database to this program's schema, and generate a missing signing key.

    Any number of processes may do so at once; they wait for each other. Nothing happens when all
    is in place.

    \b
    Examples:
      customer-api migrate
      CUSTOMER_API_DATABASE_URL=postgresql://user:pass@host/db customer-api migrate
    """
    settings = settings_or_exit()
    ensure_signing_key(settings)
    upgrade_or_exit(settings)
    click.echo(f"the database is at revision {head_revision()}")
