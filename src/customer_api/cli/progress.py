"""Progress of long commands, on terminals alone: how much is done, how fast, how long it takes."""

import sys
import time
from types import TracebackType
from typing import Any, Self

import click


class Progress:
    """A bar on standard error; nothing where that is no terminal."""

    def __init__(self, label: str, *, length: int) -> None:
        """Take what is counted to; `advance` gets there."""
        self._bar: Any = click.progressbar(
            length=length,
            label=label,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
            item_show_func=lambda rate: rate,
        )
        self._started_at = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def advance(self, steps: int) -> None:
        """Move the bar."""
        self._bar.update(steps)

    def count(self, rows: int) -> None:
        """Show the rate of the rows since this began."""
        seconds = max(1e-3, time.monotonic() - self._started_at)
        self._bar.current_item = f"{rows / seconds:.0f} rows/s"
        self._bar.render_progress()
