"""`customer-api customers`."""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TypedDict

import click
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import Unpack

from customer_api.bootstrap import Container
from customer_api.cli.containers import open_container
from customer_api.cli.environment import fail, reason, settings_or_exit
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.settings import Settings
from customer_api.customers.service import locale_of
from customer_api.passwords.audience import Audience, MailingKind, MailingRun
from customer_api.passwords.mailings import Outcome

MAILS_PER_MINUTE: Final = 120.0

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
_QUESTIONS: Final = {
    MailingKind.RESET: "Remove the passwords of {count} customers, end their sessions and mail "
    "links for new ones?",
    MailingKind.INVITATION: "Mail links for new passwords to {count} customers?",
    MailingKind.FIRST: "Mail links to {count} customers who have no password?",
}

Command = Callable[..., None]


class MailingOptions(TypedDict):
    """What the options of a mailing say."""

    locales: tuple[str, ...]
    created_from: datetime | None
    created_before: datetime | None
    references: tuple[str, ...]
    file: Path | None
    only_without_pending: bool
    per_minute: float
    run_id: str | None
    dry_run: bool
    force: bool


@click.group()
def customers() -> None:
    """Do something to many customers at once."""


def _mailing_options(command: Command) -> Command:
    """Add the options that all mailings have."""
    path = click.Path(path_type=Path, exists=True, dir_okay=False)
    for option in reversed(
        (
            click.option("--locale", "locales", multiple=True, help="Who chose it; repeatable."),
            click.option(
                "--created-from", type=_MOMENT, help="Who was created then (UTC) or later."
            ),
            click.option(
                "--created-before", type=_MOMENT, help="Who was created before that (UTC)."
            ),
            click.option("--reference", "references", multiple=True, help="Whom; repeatable."),
            click.option(
                "--references-file", "file", type=path, help="Whom: a file, one reference a line."
            ),
            click.option(
                "--only-without-pending",
                is_flag=True,
                help="Leave out who has a link for a new password that still works.",
            ),
            click.option(
                "--per-minute",
                type=click.FloatRange(min=0, min_open=True),
                default=MAILS_PER_MINUTE,
                show_default=True,
                help="Mails to queue in a minute at the most.",
            ),
            click.option("--resume", "run_id", help="Continue the run with this id."),
            click.option("--dry-run", is_flag=True, help="Count, and write nothing."),
            click.option("--force", is_flag=True, help="Do not ask."),
        )
    ):
        command = option(command)
    return command


@customers.command("reset-passwords")
@click.option(
    "--keep-passwords",
    is_flag=True,
    help="Invite to set a new password; the present one and the sessions stay.",
)
@_mailing_options
def reset_passwords(*, keep_passwords: bool, **options: Unpack[MailingOptions]) -> None:
    """Remove passwords, end sessions and mail links for new passwords, after a leak for instance.

    It concerns all customers, or those to whom all options apply. A link works for
    CUSTOMER_API_PASSWORD_INVITATION_TTL_SECONDS, three days by default. Unconfirmed customers get no
    mail, but lose their password, too; anonymized ones are never touched.

    When it is interrupted, continue it with the same options and --resume: nobody gets a second mail,
    and who has set a password since keeps it.

    \b
    Exit codes: 0 done, 1 the answer was no,
    2 the options, the settings or the database cannot be used.

    \b
    Examples:
      customer-api customers reset-passwords --dry-run
      customer-api customers reset-passwords --created-before 2026-03-01
      customer-api customers reset-passwords --keep-passwords --locale de_DE --per-minute 30
    """
    kind = MailingKind.INVITATION if keep_passwords else MailingKind.RESET
    _mail(kind, **options)


@customers.command("set-passwords")
@_mailing_options
def set_passwords(**options: Unpack[MailingOptions]) -> None:
    """Mail a link to customers who have no password, such as imported ones.

    Setting a password confirms who was not confirmed. Everything else is as with reset-passwords.

    \b
    Examples:
      customer-api customers set-passwords --dry-run
      customer-api customers set-passwords --reference DE--1 --reference DE--2
    """
    _mail(MailingKind.FIRST, **options)


def _mail(kind: MailingKind, **options: Unpack[MailingOptions]) -> None:
    settings = settings_or_exit()
    references, file = options["references"], options["file"]
    audience = Audience(
        kind,
        locales=tuple(map(locale_of, options["locales"])),
        created_from=_in_utc(options["created_from"]),
        created_before=_in_utc(options["created_before"]),
        skips_pending=options["only_without_pending"],
        references=partial(_read, references, file) if references or file else None,
    )
    try:
        _check(audience, settings)
        mailing = _Mailing(open_container(settings), audience, options)
        outcomes = asyncio.run(mailing.run_and_close())
    except DatabaseUnavailable:
        fail("the database does not answer; whom it reached stays so")
    except SQLAlchemyError as error:
        fail(f"the database cannot be used: {reason(error)}")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file}: {reason(error)}")
    if outcomes is not None:
        click.echo(", ".join(f"{outcome} {outcomes[outcome]}" for outcome in Outcome))


class _Mailing:
    """A mailing with its question and its progress."""

    def __init__(self, container: Container, audience: Audience, options: MailingOptions) -> None:
        self._container = container
        self._mailings = container.password_mailings
        self._audience = audience
        self._options = options

    async def run_and_close(self) -> Counter[Outcome] | None:
        """Return the outcomes; None when nothing was to be done but count."""
        try:
            run = await self._run()
            count = await self._mailings.count(self._audience, run)
            self._tell_others(count)
            if self._options["dry_run"]:
                click.echo(f"dry run, nothing was written: {count} customers")
                return None
            if not self._options["force"]:
                self._ask(count)
            if self._options["run_id"] is None:
                run = await self._mailings.start(self._audience, run)
            hint = f"if this is interrupted, continue with the same options and --resume {run.id}"
            click.echo(hint, err=True)
            return await self._reach(run, count)
        finally:
            await self._container.close()

    async def _run(self) -> MailingRun:
        run_id = self._options["run_id"]
        if run_id is None:
            return self._mailings.plan()
        found = await self._mailings.find(self._audience, run_id)
        if found is None:
            fail("no such run was started with this command and these options")
        return found

    def _tell_others(self, count: int) -> None:
        """Tell that references were given which lead to nobody: they may be mistyped."""
        references = self._audience.references
        given = 0 if references is None else sum(1 for _ in references())
        if given > count:
            others = "the others are of nobody whom this concerns (any more), or come twice"
            click.echo(f"{count} of {given} references count; {others}", err=True)

    def _ask(self, count: int) -> None:
        question = _QUESTIONS[self._audience.kind].format(count=count)
        if not click.confirm(question, default=False, err=True):
            fail("nothing was done", code=1)

    async def _reach(self, run: MailingRun, count: int) -> Counter[Outcome]:
        clock = self._container.clock
        started_at, reached = clock.now(), 0

        def advance() -> None:
            nonlocal reached
            reached += 1
            seconds = max(1, (clock.now() - started_at).total_seconds())
            bar.update(1, f"{60 * reached / seconds:.0f}/min")

        with click.progressbar(
            length=count,
            label="customers",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            show_pos=True,
            item_show_func=lambda rate: rate,
        ) as bar:
            per_minute = self._options["per_minute"]
            return await self._mailings.run(
                self._audience, run, per_minute=per_minute, advance=advance
            )


def _check(audience: Audience, settings: Settings) -> None:
    """Exit when an option has a value that can concern nobody."""
    for locale in audience.locales:
        if locale not in settings.locales:
            fail(f"{locale!r} is no locale of the store")
    for reference in audience.references() if audience.references else ():
        if not _REFERENCE.fullmatch(reference):
            fail(f"{reference!r} is no reference of a customer")


def _read(references: Iterable[str], file: Path | None) -> Iterator[str]:
    yield from references
    if file is not None:
        with file.open(encoding="utf-8-sig") as lines:
            yield from filter(None, map(str.strip, lines))


def _in_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
