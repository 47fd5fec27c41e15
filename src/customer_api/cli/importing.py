"""What imports of all kinds have in common: options, report, progress, and going on after a kill."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypedDict

import click
from sqlalchemy.exc import SQLAlchemyError

from customer_api.bootstrap import Container
from customer_api.cli.containers import open_container
from customer_api.cli.environment import fail, reason, settings_or_exit
from customer_api.cli.progress import Progress as ProgressBar
from customer_api.core.engines import parse_url
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.settings import Settings
from customer_api.transfers.checkpoint import (
    SUFFIX,
    Checkpoint,
    CheckpointFile,
    CheckpointUnusable,
)
from customer_api.transfers.columns import Columns
from customer_api.transfers.files import open_rows
from customer_api.transfers.importer import BATCH, Importer, ImportKind, Progress
from customer_api.transfers.report import ImportSummary, Refusal, ReportFile
from customer_api.transfers.rows import FileUnusable, Format, Row, RowFile

PROGRESS_ROWS: Final = 100
ERASE_LINE: Final = "\r\x1b[K"

Command = Callable[..., None]


class ImportOptions(TypedDict):
    """What the options of all imports say."""

    file: Path
    format: Format | None
    dry_run: bool
    report: Path | None
    resume: bool


@dataclass(frozen=True, slots=True)
class ImportJob:
    """What one command imports, and how."""

    name: str
    columns: Columns
    make_kind: Callable[[Container], ImportKind[Any]]
    rules: Mapping[str, bool]
    """Options that decide on what is written."""


def import_options(command: Command) -> Command:
    """Add the file and the options that all imports have."""
    for option in reversed(
        (
            click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False)),
            click.option(
                "--format",
                type=click.Choice(Format, case_sensitive=False),
                help="How the file is written; .ndjson and .jsonl are NDJSON, all others CSV.",
            ),
            click.option(
                "--dry-run",
                is_flag=True,
                help="Write nothing and tell what would happen. Rows are compared with the "
                f"database as it is, in batches of {BATCH}, so what the file repeats later goes "
                "unnoticed.",
            ),
            click.option(
                "--report",
                type=click.Path(path_type=Path, dir_okay=False, writable=True),
                help="Write the refused rows to this CSV file: line, customer_reference, error.",
            ),
            click.option(
                "--resume",
                is_flag=True,
                help="Go on where the same import was cut off, by a kill for instance.",
            ),
        )
    ):
        command = option(command)
    return command


def run_import(settings: Settings, job: ImportJob, options: ImportOptions) -> None:
    """Import a file and print the counts; exits with 1 when rows were refused."""
    file = options["file"]
    try:
        with ExitStack() as stack:
            form = options["format"] or Format.of(file)
            rows = open_rows(
                stack.enter_context(file.open("rb")), form, literal=job.columns.literal
            )
            if rows.header is not None:
                job.columns.check(rows.header)
            started = _Started(settings, job, options, rows)
            report = _report(stack, options, started.start.report_size)
            summary = started.run(report)
    except FileUnusable as error:
        fail(f"{file}: {error}")
    except CheckpointUnusable as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or file}: {reason(error)}")
    except DatabaseUnavailable:
        fail(
            "the database does not answer; what was imported stays, so start again later, "
            "with --resume to go on from there"
        )
    except SQLAlchemyError as error:
        fail(f"the database cannot be used: {reason(error)}")
    prefix = "dry run, nothing was written: " if options["dry_run"] else ""
    click.echo(prefix + ", ".join(f"{name} {count}" for name, count in asdict(summary).items()))
    if summary.refused:
        raise SystemExit(1)


def _report(stack: ExitStack, options: ImportOptions, size: int) -> ReportFile | None:
    path, source = options["report"], options["file"]
    if path is None:
        return None
    if path.exists() and path.samefile(source):
        fail("the report would overwrite the file that is imported")
    if size and (not path.exists() or path.stat().st_size < size):
        fail(f"{path} is not the report that was begun; start without --resume")
    mode: Literal["r+", "w"] = "r+" if size else "w"
    file = stack.enter_context(path.open(mode, encoding="utf-8", newline=""))
    return ReportFile(file, size=size)


class _Started:
    """An import of an opened file, from the beginning or from where it was cut off."""

    def __init__(
        self, settings: Settings, job: ImportJob, options: ImportOptions, rows: RowFile
    ) -> None:
        self._settings = settings
        self._job = job
        self._is_dry_run = options["dry_run"]
        self._rows = rows
        self._checkpoint: CheckpointFile | None = None
        self.start = Checkpoint()
        if not self._is_dry_run:
            self._checkpoint = self._find_checkpoint(options)
            self.start = self._begin(self._checkpoint, is_resumed=options["resume"])
        elif options["resume"]:
            fail("a dry run has nothing to go on from")

    def _find_checkpoint(self, options: ImportOptions) -> CheckpointFile:
        beside = options["report"] or options["file"]
        url = parse_url(self._settings.database_url.get_secret_value())
        identity = {
            "kind": self._job.name,
            "rows": self._rows.digest,
            "format": options["format"] or Format.of(options["file"]),
            "database": url.render_as_string(hide_password=True),
            **self._job.rules,
        }
        return CheckpointFile(beside.with_name(beside.name + SUFFIX), identity)

    def _begin(self, file: CheckpointFile, *, is_resumed: bool) -> Checkpoint:
        if not is_resumed:
            if file.path.exists():
                click.echo(f"starting anew; --resume goes on from {file.path}", err=True)
            return Checkpoint()
        found = file.load()
        if found is None:
            click.echo(f"there is no {file.path}, so this starts at the beginning", err=True)
            return Checkpoint()
        click.echo(f"going on behind line {found.progress.line}", err=True)
        return found

    def run(self, report: ReportFile | None) -> ImportSummary:
        """Import what is left."""
        erase = ERASE_LINE if sys.stderr.isatty() else ""

        def tell(refusal: Refusal) -> None:
            click.echo(f"{erase}line {refusal.line}: {refusal.reason}", err=True)
            if report is not None:
                report.add(refusal)

        container = open_container(self._settings)
        importer = Importer(
            self._job.make_kind(container),
            units=container.units,
            clock=container.clock,
            report=tell,
            is_dry_run=self._is_dry_run,
        )
        with ProgressBar("import", length=self._rows.size) as bar:

            def advanced(progress: Progress) -> None:
                size = 0 if report is None else report.flushed()
                self._save(Checkpoint(progress, size))
                bar.count(progress.summary.rows - self.start.progress.summary.rows)

            async def import_and_close() -> ImportSummary:
                rows = _advancing(self._rows, bar.advance)
                try:
                    return await importer.run(
                        rows,
                        header=self._rows.header,
                        start=self.start.progress,
                        advanced=advanced,
                    )
                finally:
                    await container.close()

            summary = asyncio.run(import_and_close())
        if self._checkpoint is not None:
            self._checkpoint.remove()
        return summary

    def _save(self, checkpoint: Checkpoint) -> None:
        if self._checkpoint is None:
            return
        try:
            self._checkpoint.save(checkpoint)
        except OSError as error:
            place = self._checkpoint.path
            click.echo(f"this import cannot be resumed: {place}: {reason(error)}", err=True)
            self._checkpoint = None


def _advancing(file: RowFile, advance: Callable[[int], None]) -> Iterator[Row | Refusal]:
    """Yield the rows, and tell now and then how many more bytes have been read."""
    told = 0
    for number, row in enumerate(file.rows()):
        if number % PROGRESS_ROWS == 0:
            advance(file.position - told)
            told = file.position
        yield row
    advance(file.size - told)


def import_rows(
    name: str,
    columns: Columns,
    make_kind: Callable[[Container], ImportKind[Any]],
    options: ImportOptions,
) -> None:
    """Import rows of a kind that takes no option of its own, as `run_import` does."""
    run_import(settings_or_exit(), ImportJob(name, columns, make_kind, {}), options)
