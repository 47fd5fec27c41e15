"""`customer-api docs`: the documents that are generated from the code."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from customer_api.anonymization import data_map
from customer_api.api.authorization import authorization
from customer_api.api.documents import error_catalogue
from customer_api.bootstrap import metadata
from customer_api.cli.openapi import write_or_check
from customer_api.core.settings import PREFIX, Settings


@click.command()
@click.option(
    "--directory",
    default=Path("docs"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the documents are.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a document differs.")
def docs(directory: Path, *, check: bool) -> None:
    """Write docs/settings.md, docs/errors.md, docs/data-map.md and docs/authorization.md.

    \b
    Examples:
      customer-api docs
      customer-api docs --check
    """
    write_or_check(directory / "settings.md", settings_document(), check=check)
    write_or_check(directory / "errors.md", errors_document(error_catalogue()), check=check)
    write_or_check(directory / "data-map.md", data_map.document(metadata), check=check)
    write_or_check(directory / "authorization.md", authorization(), check=check)


def settings_document() -> str:
    """Return the table of all settings, in Markdown."""
    lines = [
        "# Settings",
        "",
        "Generated from `src/customer_api/core/settings.py` by `customer-api docs`.",
        "",
        "Environment variables, or the same names in a file `.env` in the working directory. "
        f"Lists are comma-separated. An unknown name with the prefix `{PREFIX}` stops the start.",
        "",
        "| name | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(
            f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_escaped(field.description or '')} |"
        )
    return "\n".join(lines) + "\n"


def errors_document(catalogue: Mapping[str, Any]) -> str:
    """Return the table of all error codes, in Markdown."""
    lines = [
        "# Errors",
        "",
        "Generated from the error tables in `src/customer_api/api/` by `customer-api docs`. Codes, "
        "statuses and details never change within an API version.",
    ]
    for api, rows in catalogue.items():
        lines += ["", f"## {api}", ""]
        lines += _table(rows)
    return "\n".join(lines) + "\n"


def _table(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    rows = list(rows)
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += [
        "| " + " | ".join(_escaped(str(row[name] or "")) for name in names) + " |" for row in rows
    ]
    return lines


def _default(field: FieldInfo) -> str:
    assert not field.is_required(), "every setting has a default"
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ",".join(str(part) for part in value)
    if isinstance(value, bool):
        value = str(value).lower()
    return "" if value is None or value == "" else f"`{_escaped(str(value))}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
