"""A server process for tests: the real program, in a directory and on a free port of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from customer_api.core.settings import PREFIX

START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.05

SERVE: Final = (sys.executable, "-m", "customer_api", "serve")
QUICK: Final = {
    f"{PREFIX}HASH_MEMORY_KIB": "8",
    f"{PREFIX}HASH_TIME_COST": "1",
    f"{PREFIX}SHUTDOWN_DELAY_SECONDS": "0",
}


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers; leaving its `with` block stops it.

    `url` has no trailing slash and no `/v1`. `log` is what the process wrote, its greeting included.
    """

    url: str
    process: subprocess.Popen[bytes]
    mail_directory: Path
    log: Path

    def stop(self) -> int:
        """Ask the server to stop, as a deployment does, and return its exit code; idempotent.

        After a graceful stop that is 0. A server that does not stop in time is killed with its
        workers, and fails the test.
        """
        self.process.terminate()
        try:
            return self.process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:  # pragma: no cover - a defect of the server
            _kill(self.process)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def start_server(
    directory: Path, environment: Mapping[str, str] | None = None, workers: int = 1
) -> RunningServer:
    """Start a server whose working directory is `directory`, and wait until it answers.

    By default everything it keeps is in `directory / "var"`, hashes are cheap, and it stops without
    delay. `environment` is all it gets beside that: nothing is inherited, so a developer's settings do
    no harm.

    Raises:
        AssertionError: it ended or did not answer in time; the message has its output.
    """
    port = free_port()
    log = directory / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*SERVE, "--port", str(port), "--workers", str(workers)],
            cwd=directory,
            env={"PATH": os.defpath, "PYTHONUNBUFFERED": "1"} | QUICK | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = RunningServer(f"http://127.0.0.1:{port}", process, directory / "var" / "mail", log)
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while not _answers(server.url):
        if process.poll() is not None or time.monotonic() > deadline:
            _kill(process)
            raise AssertionError(f"the server did not start:\n{log.read_text('utf-8')}")
        time.sleep(POLL_SECONDS)
    return server


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
