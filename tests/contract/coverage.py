"""Which rule of docs/storefront-api.md is held by which test; a pytest plugin.

A rule is a list item or a table row that starts with its id. A test names the rules it holds by
`@pytest.mark.contract("url-3", "err-411")`. A run of all tests with `--contract-coverage=PATH` writes
the table, and with `--contract-coverage-check=PATH` it fails when the table there is another one.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.marked import MarkedTests, carry

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "storefront-api.md"
MARKER: Final = "contract"
LATER: Final = "later"
WRITE: Final = "--contract-coverage"
CHECK: Final = "--contract-coverage-check"

_RULE: Final = re.compile(r"(?:- |\| )`([a-z]+-\d+)` (.*)")
_DECORATION: Final = re.compile(r"(?<!\\)\||\*")
_FIRST_WORDS: Final = 12


class Rule(NamedTuple):
    """A rule of the document."""

    id: str
    words: str
    """Its beginning, fit for a cell of a table."""
    is_later: bool
    """Whether it describes what does not exist yet."""


class ContractCoverage:
    """Collects which rules the passed tests hold; pytest calls its hooks."""

    def __init__(self, document: str, *, write_to: Path | None, compare_with: Path | None) -> None:
        self._rules = tuple(rules_of(document))
        self._write_to = write_to
        self._compare_with = compare_with
        self._tests = MarkedTests(MARKER)
        self._problems: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which rules a test holds."""
        self._tests.note(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write or compare the table; problems fail the run."""
        if self._write_to is None and self._compare_with is None:
            return
        self._problems = self.problems()
        if self._write_to is not None and not self._problems:
            self._write_to.write_text(self.table(), "utf-8")
        if self._compare_with is not None and self.table() != _text(self._compare_with):
            self._problems.append(f"{self._compare_with} is out of date; run make generate")
        if self._problems and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the problems."""
        for problem in self._problems:
            terminalreporter.write_line(f"contract coverage: {problem}", red=True)

    def problems(self) -> list[str]:
        """Return what is wrong with the document's rules and their tests; empty when nothing is."""
        ids = [rule.id for rule in self._rules]
        found = [
            f"{id_} stands twice in the document" for id_ in sorted(set(ids)) if ids.count(id_) > 1
        ]
        found += [f"{id_} is no rule of the document" for id_ in sorted(self._tests.ids - set(ids))]
        for rule in self._rules:
            is_tested = bool(self._tests.passed(rule.id))
            if rule.is_later and is_tested:
                found.append(f"{rule.id} is marked as {LATER} and has a test")
            if not rule.is_later and not is_tested:
                found.append(f"{rule.id} has no test that passed")
        return found

    def table(self) -> str:
        """Return the whole page, in Markdown."""
        lines = [
            "# Contract coverage",
            "",
            "Which tests hold each rule of [storefront-api.md](storefront-api.md). Generated from a run of "
            "all tests by `make generate`; only tests that passed are listed.",
            "",
            "| rule | first words | tests |",
            "|---|---|---|",
        ]
        for rule in self._rules:
            tests = (
                LATER
                if rule.is_later
                else "<br>".join(f"`{t}`" for t in self._tests.passed(rule.id))
            )
            lines.append(f"| `{rule.id}` | {rule.words} | {tests} |")
        return "\n".join(lines) + "\n"


def rules_of(document: str) -> Iterator[Rule]:
    """Yield the rules of a document in its order."""
    for line in document.splitlines():
        match = _RULE.match(line)
        if match is not None:
            words = _DECORATION.sub(" ", match[2]).split()
            yield Rule(match[1], _beginning(words), is_later=words[0].rstrip(":") == LATER)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the two options."""
    group = parser.getgroup("contract")
    group.addoption(WRITE, type=Path, metavar="PATH", help="Write the table of covered rules.")
    group.addoption(CHECK, type=Path, metavar="PATH", help="Fail when that table is another one.")


def pytest_configure(config: pytest.Config) -> None:
    """Start to collect, in the process that hears of all results."""
    if not hasattr(config, "workerinput"):
        write_to, compare_with = config.getoption(WRITE), config.getoption(CHECK)
        document = DOCUMENT.read_text("utf-8")
        coverage = ContractCoverage(document, write_to=write_to, compare_with=compare_with)
        config.pluginmanager.register(coverage, "contract-coverage")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Put the rules of a test where its report takes them along."""
    carry(item, MARKER)


def _beginning(words: list[str]) -> str:
    text = " ".join(words[:_FIRST_WORDS])
    if text.count("`") % 2:
        text += "`"  # the code span goes on behind the cut
    return text if len(words) <= _FIRST_WORDS else f"{text} …"


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
