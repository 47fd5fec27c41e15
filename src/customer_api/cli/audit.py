"""`customer-api audit`."""

from functools import partial
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from customer_api.audit.verification import Finding, Tally, verify
from customer_api.cli.environment import fail, is_embedded, reason, settings_or_exit
from customer_api.cli.operator import run
from customer_api.core.engines import parse_url
from customer_api.core.snapshots import with_snapshot


@click.group()
def audit() -> None:
    """Seal audit events, and check that nobody changed them."""


@audit.command()
def seal() -> None:
    """Seal what waits for a seal now; servers and workers do so every few seconds.

    \b
    Example:
      customer-api audit seal
    """
    count = run(lambda container: container.sealing.seal())
    click.echo(f"sealed {count} events")


@audit.command(name="verify")
@click.option(
    "--expect",
    "expected",
    metavar="HASH",
    help="A hash that this command printed before; the seal must still be there.",
)
def verify_(expected: str | None) -> None:
    """Make all seals anew and compare: finds events and seals that were changed or removed.

    Keep the newest hash where nobody who can write to the database can write, and give it back with
    --expect: without it, nothing tells when the newest seals are gone with their events, or were all
    made anew. Exits with 1 when something is wrong.

    \b
    Examples:
      customer-api audit verify
      customer-api audit verify --expect "$(tail -1 /mnt/elsewhere/seals)"
    """
    settings = settings_or_exit()
    url = parse_url(settings.database_url.get_secret_value())
    if is_embedded(settings) and not Path(str(url.database)).exists():  # connecting would make it
        fail("the database does not exist", code=1)
    found = _Found()
    try:
        tally = with_snapshot(url, partial(verify, report=found.report, expected_hash=expected))
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database cannot be read: {reason(error)}", code=1)
    if not tally.has_expected:
        found.report(Finding("no seal has the expected hash: it was changed or removed"))
    _print(tally)
    click.echo(f"{found.count} findings")
    if found.count:
        raise SystemExit(1)


class _Found:
    """Prints findings as they come, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def report(self, finding: Finding) -> None:
        self.count += 1
        places = (
            f"{name} {place}"
            for name, place in (("seal", finding.seal), ("event", finding.event))
            if place is not None
        )
        click.echo(" ".join([", ".join(places), finding.what]).strip())


def _print(tally: Tally) -> None:
    click.echo(f"{tally.sealed} events under {tally.seals} seals, {tally.waiting} not yet sealed")
    if tally.newest is not None:
        sealed_at = f"{tally.newest.sealed_at:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"newest seal: {tally.newest.number}, {sealed_at}, {tally.newest.hash}")
