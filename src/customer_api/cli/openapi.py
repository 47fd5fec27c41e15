"""`customer-api openapi`."""

import json
from pathlib import Path
from typing import Any

import click

from customer_api.api.documents import (
    back_office_openapi,
    error_catalogue,
    storefront_openapi,
)
from customer_api.cli.environment import fail


@click.command()
@click.option(
    "--directory",
    default=Path("openapi"),
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the documents are.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a document differs.")
def openapi(directory: Path, *, check: bool) -> None:
    """Write the OpenAPI documents and the error catalogue.

    They describe the default settings, whatever the environment says.

    \b
    Examples:
      customer-api openapi
      customer-api openapi --check
    """
    documents = {
        "storefront-v1.json": storefront_openapi(),
        "back-office-v1.json": back_office_openapi(),
        "errors.json": error_catalogue(),
    }
    for name, document in documents.items():
        write_or_check(directory / name, _text(document), check=check)


def write_or_check(path: Path, text: str, *, check: bool) -> None:
    """Write a generated file, or exit with 1 when the present one is another."""
    if check:
        present = path.read_text("utf-8") if path.exists() else None
        if present != text:
            fail(f"{path} is out of date; run `make generate`", code=1)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    click.echo(f"wrote {path}")


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
