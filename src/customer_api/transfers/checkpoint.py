"""Where an import goes on after it was cut off.

A small file says up to which line everything is committed. It is replaced after each batch, so at
worst one batch is done again, which changes nothing.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from customer_api.transfers.importer import BEGINNING, Progress
from customer_api.transfers.report import ImportSummary

SUFFIX: Final = ".checkpoint"


class CheckpointUnusable(Exception):
    """The checkpoint is of another import; the message tells why it matters."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an import and its report are."""

    progress: Progress = BEGINNING
    report_size: int = 0
    """Bytes of the report; 0 when there is none."""


class CheckpointFile:
    """The checkpoint of one import, which is known by what it reads, where to and how."""

    def __init__(self, path: Path, identity: Mapping[str, object]) -> None:
        """Take a place, and what must be the same when the import is continued.

        Args:
            path: where the checkpoint is.
            identity: JSON values; only their digest is written.
        """
        self.path = path
        self._identity = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def load(self) -> Checkpoint | None:
        """Return the checkpoint; None when there is none.

        Raises:
            CheckpointUnusable: it is of another file, database or options, or of another program.
            OSError: it cannot be read.
        """
        try:
            content = json.loads(self.path.read_bytes())
            if content["import"] != self._identity:
                raise CheckpointUnusable(
                    f"{self.path} is of another import: the file, the database or the options "
                    "are not the same; start without --resume"
                )
            summary = ImportSummary(**content["summary"])
            return Checkpoint(Progress(content["line"], summary), content["report_size"])
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise CheckpointUnusable(f"{self.path} is no checkpoint") from error

    def save(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint.

        Raises:
            OSError: it cannot be written.
        """
        content = {
            "import": self._identity,
            "line": checkpoint.progress.line,
            "summary": asdict(checkpoint.progress.summary),
            "report_size": checkpoint.report_size,
        }
        written = self.path.with_name(f"{self.path.name}.new")
        written.write_text(json.dumps(content))
        written.replace(self.path)

    def remove(self) -> None:
        """Forget where the import was, because it is through."""
        self.path.unlink(missing_ok=True)
