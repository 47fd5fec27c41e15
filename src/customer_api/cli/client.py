"""`customer-api client`."""

import click

from customer_api.audit.models import COMMAND_LINE
from customer_api.cli.environment import fail
from customer_api.cli.operator import run
from customer_api.operators.clients import (
    CLIENT_CREDENTIALS,
    GRANTS,
    OLD_SECRET_TTL,
    ClientWithSecret,
    CreateClient,
)
from customer_api.operators.errors import ApiClientNotFound
from customer_api.operators.scopes import Scope


@click.group()
def client() -> None:
    """Manage the machines that call the back-office API."""


@client.command()
@click.option("--name", required=True, help="What people call it.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    required=True,
    help="What it may do; repeat it for each.",
)
@click.option(
    "--grant",
    "grants",
    type=click.Choice(GRANTS),
    multiple=True,
    default=(CLIENT_CREDENTIALS,),
    show_default=True,
    help="How it may get tokens; repeat it for each.",
)
def create(name: str, scopes: tuple[str, ...], grants: tuple[str, ...]) -> None:
    """Add a client, and print its id and its secret, which is shown this once.

    \b
    Examples:
      customer-api client create --name "order system" --scope orders:write
    """
    command = CreateClient(name, frozenset(map(Scope, scopes)), frozenset(grants))
    _print(run(lambda it: it.back_office.clients.create_by_command_line(COMMAND_LINE, command)))


@client.command()
@click.argument("client_id")
def rotate(client_id: str) -> None:
    """Give a client another secret; the present one stays good for a day.

    \b
    Examples:
      customer-api client rotate 0b6e7d1c-3f64-4a86-9a4b-2b1f0a1f0c11
    """
    try:
        rotated = run(
            lambda it: it.back_office.clients.rotate_by_command_line(COMMAND_LINE, client_id)
        )
    except ApiClientNotFound:
        fail("there is no client with this id", code=1)
    _print(rotated)
    hours = int(OLD_SECRET_TTL.total_seconds() // 3600)
    click.echo(f"the secret before stays good for {hours} hours")


def _print(found: ClientWithSecret) -> None:
    click.echo(f"client_id      {found.client.uuid}")
    click.echo(f"client_secret  {found.secret}")
