"""A report with a row for each promise and scenario of docs/promises.md; a pytest plugin.

A row of the document starts with the id and ends with where it is held: `test` (in `make test`),
`long` (in `make test-long`), `both`, `with the back office`, or `not applicable: reason`. A test names
what it holds by `@pytest.mark.promise("G4", "S49")`. A run with `--promises=test` or
`--promises=long` writes build/promises-test.md or build/promises-long.md, and fails when a row that
it should hold has no test that passed.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.marked import MarkedTests, carry

ROOT: Final = Path(__file__).parents[2]
DOCUMENT: Final = ROOT / "docs" / "promises.md"
MARKER: Final = "promise"
OPTION: Final = "--promises"
RUNS: Final = ("test", "long")

_ROW: Final = re.compile(r"\| `([GS]\d+)` \| (.*) \| ([^|]+) \|")
_WHERE: Final = re.compile(r"test|long|both|with the back office|not applicable: .+")


class Row(NamedTuple):
    """A row of the document."""

    id: str
    name: str
    where: str

    def belongs_to(self, run: str) -> bool:
        """Whether this run must hold the row."""
        return self.where in {run, "both"}


class PromiseReport:
    """Collects which promises the passed tests hold; pytest calls its hooks."""

    def __init__(self, document: str, *, run: str, write_to: Path) -> None:
        self._rows = tuple(rows_of(document))
        self._run = run
        self._write_to = write_to
        self._tests = MarkedTests(MARKER)
        self._problems: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which promises a test holds."""
        self._tests.note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report; problems fail the run."""
        self._write_to.parent.mkdir(parents=True, exist_ok=True)
        self._write_to.write_text(self.report(), "utf-8")
        self._problems = self.problems()
        if self._problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show where the report is, and the problems."""
        terminalreporter.write_line(f"promises: {self._write_to}")
        for problem in self._problems:
            terminalreporter.write_line(f"promises: {problem}", red=True)

    def problems(self) -> list[str]:
        """Return what is wrong with the rows and their tests; empty when nothing is."""
        ids = [row.id for row in self._rows]
        found = [f"{id_} stands twice" for id_ in sorted(set(ids)) if ids.count(id_) > 1]
        found += [f"{id_} is no row of the document" for id_ in sorted(self._tests.ids - set(ids))]
        for row in self._rows:
            if not _WHERE.fullmatch(row.where):
                found.append(f"{row.id}: {row.where!r} says not where it is held")
            if row.belongs_to(self._run) and not self._tests.passed(row.id):
                found.append(f"{row.id} has no test that passed")
            found += [f"{row.id} is not held by {name}" for name in self._tests.failed(row.id)]
        return found

    def report(self) -> str:
        """Return the whole report, in Markdown."""
        lines = [f"# Promises held by make test{'-long' if self._run == 'long' else ''}", ""]
        lines += ["| id | what | state | tests |", "|---|---|---|---|"]
        for row in self._rows:
            tests = "<br>".join(f"`{name}`" for name in self._tests.passed(row.id))
            lines.append(f"| {row.id} | {row.name} | {self._state(row)} | {tests} |")
        return "\n".join(lines) + "\n"

    def _state(self, row: Row) -> str:
        if self._tests.failed(row.id):
            return "failed"
        if self._tests.passed(row.id):
            return "passed"
        if row.belongs_to(self._run):
            return "failed"
        return {"test": "by make test", "long": "by make test-long"}.get(row.where, row.where)


def rows_of(document: str) -> Iterator[Row]:
    """Yield the rows of a document in its order."""
    for line in document.splitlines():
        match = _ROW.fullmatch(line)
        if match is not None:
            yield Row(match[1], match[2].partition(" | ")[0], match[3].strip())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("promises").addoption(
        OPTION, choices=RUNS, help="Report on the promises that this run holds."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start to collect, in the process that hears of all results."""
    run = config.getoption(OPTION)
    if run is not None and not hasattr(config, "workerinput"):
        document = DOCUMENT.read_text("utf-8")
        write_to = ROOT / "build" / f"promises-{run}.md"
        report = PromiseReport(document, run=run, write_to=write_to)
        config.pluginmanager.register(report, "promise-report")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Put the promises of a test where its report takes them along."""
    carry(item, MARKER)
