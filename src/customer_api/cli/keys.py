"""`customer-api keys`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from customer_api.cli.environment import fail, settings_or_exit
from customer_api.core.clock import SystemClock
from customer_api.core.settings import Settings
from customer_api.security.key_ring import LOOK_INTERVAL, ring_files
from customer_api.security.key_ring import rotate as rotate_key
from customer_api.security.signing_keys import SigningKey, SigningKeyInvalid, load_signing_keys


@click.group()
def keys() -> None:
    """Rotate the keys that sign access tokens; nobody is logged out by it.

    The first file of SIGNING_KEYS signs. Keys that were replaced stay beside it and verify until
    they are retired. Running servers follow within a minute.
    """


@keys.command()
def rotate() -> None:
    """Put a new signing key in the place of the present one, which goes on verifying.

    \b
    Examples:
      customer-api keys rotate
    """
    try:
        new, old = rotate_key(settings_or_exit().signing_keys[0])
    except SigningKeyInvalid as error:
        fail(str(error), code=1)
    click.echo(f"{new} signs from now on, in running servers within a minute")
    click.echo(f"{old} verifies until it is retired")


@keys.command("list")
def list_() -> None:
    """Print the keys: id, algorithm, what it does, since when, and its file.

    \b
    Examples:
      customer-api keys list
    """
    for position, (key, path) in enumerate(_ring(settings_or_exit())):
        state = "verifies" if position else "signs"
        click.echo(f"{key.kid}  {key.algorithm}  {state:8}  {_since(path):%Y-%m-%d %H:%M}Z  {path}")


# A key id is base64url, which may begin with a dash: no letter behind that may be an option.
@keys.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("kid", type=click.UNPROCESSED)
@click.option(
    "--force", is_flag=True, help="Retire it although tokens it signed may still be good."
)
def retire(kid: str, *, force: bool) -> None:
    """Delete a replaced key: tokens that it signed are refused from then on.

    It is refused while such tokens can be good, which is for ACCESS_TOKEN_TTL_SECONDS and a minute
    after the rotation.

    \b
    Examples:
      customer-api keys retire 3uKWOR8sXjk1kDJ3xJ5f0tGJ0q8dHn2vVRg1VxSNFt0
    """
    settings = settings_or_exit()
    (signing, _), *others = _ring(settings)
    path = next((path for key, path in others if key.kid == kid), None)
    if kid == signing.kid:
        fail("this key signs; rotate first", code=1)
    if path is None:
        fail("there is no such key; `customer-api keys list` shows them", code=1)
    if path in settings.signing_keys:
        fail(f"{path} is named in SIGNING_KEYS; take it out there", code=1)
    until = _since(path) + timedelta(seconds=settings.access_token_ttl_seconds) + LOOK_INTERVAL
    if not force and SystemClock().now() < until:
        fail(
            f"tokens that it signed can be good until {until:%Y-%m-%d %H:%M}Z; --force refuses them",
            code=1,
        )
    path.unlink()
    click.echo(f"{kid} is retired, in running servers within a minute")


def _ring(settings: Settings) -> list[tuple[SigningKey, Path]]:
    """Return the keys with their files, the signing one first."""
    paths = ring_files(settings.signing_keys)
    try:
        return list(zip(load_signing_keys(paths), paths, strict=True))
    except SigningKeyInvalid as error:
        fail(str(error), code=1)


def _since(path: Path) -> datetime:
    """Return when a key was made, or replaced when it signs no more."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
