"""`make audit`: compares the locks with public advisories, and accepts only what is accepted in writing.

It fails when an advisory concerns a locked package, when the advisories could not be had for any of
them, and when something that was accepted has expired.
"""

import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from customer_api.core.clock import SystemClock

REQUIREMENTS: Final = Path(__file__).parents[2] / "requirements"
ACCEPTED: Final = REQUIREMENTS / "accepted-advisories.toml"
LOCKS: Final = (REQUIREMENTS / "runtime.lock", REQUIREMENTS / "dev.lock")

# --strict: a package that cannot be looked up is a failure, else an audit of nothing would pass.
COMMAND: Final = (
    sys.executable,
    "-m",
    "pip_audit",
    "--strict",
    "--require-hashes",
    "--disable-pip",
    "--progress-spinner=off",
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An advisory that is known and lived with until a day."""

    id: str
    reason: str
    expires: date


class AcceptanceInvalid(Exception):
    """An entry of the list has no reason or no date, or its time is over."""


def accepted(text: str, *, today: date) -> tuple[Accepted, ...]:
    """Return the entries of the list.

    Raises:
        AcceptanceInvalid: an entry is incomplete or has expired.
    """
    entries = []
    for table in tomllib.loads(text)["accepted"]:
        entry = Accepted(table.get("id", ""), table.get("reason", ""), table.get("expires"))
        if not entry.id or not entry.reason.strip() or not isinstance(entry.expires, date):
            raise AcceptanceInvalid(f"{table} needs an id, a reason and a day on which it expires")
        if entry.expires < today:
            raise AcceptanceInvalid(f"{entry.id} was accepted until {entry.expires}: look again")
        entries.append(entry)
    return tuple(entries)


def command(lock: Path, entries: Sequence[Accepted]) -> list[str]:
    """Return the command that audits a lock."""
    ignored = [word for entry in entries for word in ("--ignore-vuln", entry.id)]
    return [*COMMAND, *ignored, "-r", str(lock)]


def main() -> int:
    """Audit all locks; 0 when each of them is clean."""
    entries = accepted(ACCEPTED.read_text("utf-8"), today=SystemClock().now().date())
    codes = [subprocess.run(command(lock, entries), check=False).returncode for lock in LOCKS]
    return max(codes, key=abs)


if __name__ == "__main__":  # pragma: no cover - `make audit`
    sys.exit(main())
