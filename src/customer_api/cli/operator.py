"""`customer-api operator`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import click

from customer_api.api.back_office.v1.errors import BACK_OFFICE_ERRORS
from customer_api.audit.models import COMMAND_LINE
from customer_api.bootstrap import Container
from customer_api.cli.containers import open_container
from customer_api.cli.environment import fail, settings_or_exit
from customer_api.jsonapi.email_syntax import is_strictly_email
from customer_api.operators.errors import (
    LastAdministrator,
    OperatorEmailTaken,
    OperatorNotFound,
)
from customer_api.operators.models import Operator
from customer_api.operators.scopes import Role
from customer_api.operators.service import CreateOperator
from customer_api.security.password_policy import PasswordRefused

T = TypeVar("T")

NOBODY: Final = "there is no operator with this e-mail address"


@click.group()
def operator() -> None:
    """Manage the people who work in the back office."""


@operator.command()
@click.option("--email", required=True, help="With it they log in.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ADMINISTRATOR.value,
    show_default=True,
    help="What they may do.",
)
@click.option("--agent", is_flag=True, help="Let them act for customers in the storefront.")
@click.option(
    "--password-stdin", is_flag=True, help="Read a password from standard input; else a link."
)
def create(email: str, role: str, *, agent: bool, password_stdin: bool) -> None:
    """Add an operator, and print the link by which they set a password within a day.

    \b
    Examples:
      customer-api operator create --email grace@shop.example
      customer-api operator create --email joe@shop.example --role support --password-stdin < file
    """
    if not is_strictly_email(email):
        fail(f"{email!r} is no e-mail address")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    command = CreateOperator(email, Role(role), is_agent=agent, password=password)
    try:
        created = run(
            lambda it: it.back_office.operators.create_by_command_line(COMMAND_LINE, command)
        )
    except OperatorEmailTaken:
        fail("another operator has this e-mail address", code=1)
    except PasswordRefused as refusal:
        fail(BACK_OFFICE_ERRORS[type(refusal)].detail, code=1)
    click.echo(_line(created.operator))
    if created.password_link is not None:
        click.echo(f"to set a password, once, within a day: {created.password_link}")


@operator.command("password-link")
@click.option("--email", required=True, help="Whose.")
def link_password(email: str) -> None:
    """Print a new link by which an operator sets a password within a day; an older one dies.

    \b
    Examples:
      customer-api operator password-link --email grace@shop.example
    """
    try:
        link = run(
            lambda it: it.back_office.operator_passwords.link_by_command_line(COMMAND_LINE, email)
        )
    except OperatorNotFound:
        fail(NOBODY, code=1)
    click.echo(link)


@operator.command("list")
def list_() -> None:
    """Print all operators: id, address, role, whether an agent.

    \b
    Examples:
      customer-api operator list
    """
    for it in run(lambda container: container.back_office.operators.list_by_command_line()):
        click.echo(_line(it))


@operator.command()
@click.option("--email", required=True, help="Whom.")
def disable(email: str) -> None:
    """Remove an operator; their tokens are refused at once.

    \b
    Examples:
      customer-api operator disable --email joe@shop.example
    """
    try:
        run(lambda it: it.back_office.operators.remove_by_command_line(COMMAND_LINE, email))
    except OperatorNotFound:
        fail(NOBODY, code=1)
    except LastAdministrator:
        fail("the last administrator who can log in cannot be removed", code=1)
    click.echo(f"{email} is no operator any more")


def _line(it: Operator) -> str:
    return f"{it.uuid}  {it.email}  {it.role}" + ("  agent" if it.is_agent else "")


def run(work: Callable[[Container], Awaitable[T]]) -> T:
    """Run work on the objects of the configured program."""
    container = open_container(settings_or_exit())

    async def run_and_close() -> T:
        try:
            return await work(container)
        finally:
            await container.close()

    return asyncio.run(run_and_close())
