"""W9: import and export of a million customers with hashes of another shop.

    python -m benchmarks.transfers --database sqlite --database postgresql

imports a file that it makes up, imports it again, which changes nothing, and exports everything. Each
is the command of the command line in a process of its own. Seconds, rows a second, processor time and
the most memory of that process are written into `benchmarks/results/`. PostgreSQL is the server of the
tests, without durability; its own processes are not in the figures.
"""

import argparse
import json
import os
import random
import re
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from customer_api.transfers.customers.columns import COLUMNS
from tests.postgres import PostgresServer

ROWS = 1_000_000
NOTE = "other processes were running on this machine"
RESULTS = Path(__file__).parent / "results"
SYLLABLES = re.findall("..", "anbecordaelfrigahanisjokalumanoolpequirosatiulviwaxeyazo")
BCRYPT = "./" + string.ascii_letters + string.digits


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--rows", type=int, default=ROWS)
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for database in arguments.database or ["sqlite", "postgresql"]:
        report: dict[str, Any] = {"workload": "W9", "machine": describe(), "note": NOTE}
        report["results"] = list(measure(database, arguments.rows))
        path = RESULTS / f"transfers-{database}.json"
        path.write_text(json.dumps(report, indent=1) + "\n")


def measure(database: str, rows: int) -> Iterator[dict[str, Any]]:
    """Yield a result for each command, on an empty database."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(server() if database == "postgresql" else file(directory))
        source = directory / "customers.csv"
        with source.open("w", encoding="utf-8") as lines:
            lines.writelines(customers(rows))
        run(directory, url, "migrate")
        commands = {
            "import": ("import", "customers", source.name),
            "import again": ("import", "customers", source.name),
            "export": ("export", "customers", "--with-passwords", "exported.csv"),
        }
        for name, command in commands.items():
            result = {"database": database, "command": name, "rows": rows}
            result |= run(directory, url, *command)
            result["rows_a_second"] = round(rows / result["seconds"])
            print(json.dumps(result), flush=True)  # noqa: T201 - a script
            yield result


@contextmanager
def server() -> Iterator[str]:
    """Start a server of its own."""
    with PostgresServer() as postgres:
        yield postgres.url()


@contextmanager
def file(directory: Path) -> Iterator[str]:
    """Name a file of its own."""
    yield f"sqlite:///{directory / 'benchmark.db'}"


def customers(rows: int) -> Iterator[str]:
    """Yield the lines of a file, the same ones each time."""
    chance = random.Random(9)  # noqa: S311 - a benchmark
    yield ",".join(COLUMNS) + "\n"
    for number in range(rows):
        first, last = ("".join(chance.choices(SYLLABLES, k=3)).title() for _ in range(2))
        salt, digest = (chance.choices(BCRYPT, k=length) for length in (21, 30))
        password = f"$2y$10${''.join(salt)}O{''.join(digest)}u"
        email = f"{first}.{last}.{number}@shop{number % 50}.example"
        born = f"19{number % 80 + 10}-0{number % 9 + 1}-1{number % 9}"
        phone = f"+49 30 {chance.randrange(10**7):07}"
        yield (
            f"DE--{number},de_DE,{phone},{email},Ms,{first},{last},,Female,{born},{password},"
            f"2020-0{number % 9 + 1}-2{number % 8}\n"
        )


def run(directory: Path, url: str, *arguments: str) -> dict[str, Any]:
    """Run a command and return what it took; the memory is the most that it had at any time."""
    environment = os.environ | {"CUSTOMER_API_DATABASE_URL": url}  # noqa: TID251 - for a process
    command = [sys.executable, "-m", "customer_api", *arguments]
    started_at = time.perf_counter()
    process = subprocess.Popen(command, cwd=directory, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started_at
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mib": round(usage.ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
