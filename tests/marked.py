"""Which ids a run of tests holds: what the reports on the contract and on the promises share.

A test names ids by a marker, such as `@pytest.mark.promise("G4", "S49")`.
"""

from collections import defaultdict

import pytest


class MarkedTests:
    """Collects, for the ids of one marker, the tests that passed."""

    def __init__(self, marker: str) -> None:
        self._marker = marker
        self._tests: defaultdict[str, set[str]] = defaultdict(set)
        self._failed: set[str] = set()

    @property
    def ids(self) -> set[str]:
        """Every id that some test names."""
        return set(self._tests)

    def note(self, report: pytest.TestReport) -> None:
        """Note what a test holds; one failure among its parameters outweighs the others."""
        name = report.nodeid.partition("[")[0]
        if report.failed:
            self._failed.add(name)
        if report.when == "call":
            for key, value in report.user_properties:
                if key == self._marker:
                    self._tests[str(value)].add(name)

    def passed(self, id_: str) -> list[str]:
        """Return the names of the tests that hold an id, sorted."""
        return sorted(self._tests.get(id_, set()) - self._failed)

    def failed(self, id_: str) -> list[str]:
        """Return the names of the tests that should hold an id and do not, sorted."""
        return sorted(self._tests.get(id_, set()) & self._failed)


def carry(item: pytest.Item, marker: str) -> None:
    """Put the ids of a test where its report takes them along."""
    for mark in item.iter_markers(marker):
        item.user_properties += [(marker, id_) for id_ in mark.args]
