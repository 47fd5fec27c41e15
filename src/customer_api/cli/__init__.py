"""The command line `customer-api`: one module for each command, loaded when it is called."""

import importlib
from typing import Final

import click
from typing_extensions import override

from customer_api import __version__

COMMANDS: Final = {
    "serve": "serve",
    "migrate": "migrate",
    "worker": "worker",
    "import": "import_",
    "export": "export",
    "customers": "customers",
    "operator": "operator",
    "client": "client",
    "keys": "keys",
    "openapi": "openapi",
    "docs": "docs",
    "doctor": "doctor",
    "privacy": "privacy",
    "audit": "audit",
}
"""Command to module; an idle server need not pay for the importer."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command; None when there is none of this name."""
        name = COMMANDS.get(cmd_name)
        if name is None:
            return None
        module = importlib.import_module(f"customer_api.cli.{name}")
        command = getattr(module, name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="customer-api")
def main() -> None:
    """Customer accounts of a shop.

    Settings are environment variables with the prefix CUSTOMER_API_, or the same names in a file
    .env in the working directory; docs/settings.md lists them.

    \b
    Exit codes: 0 done, 1 done with refusals or problems found, 2 wrong usage or settings.
    """
