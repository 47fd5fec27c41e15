"""W6: the back office's list of customers at 100,000 and 1,000,000 customers.

    python -m benchmarks.customer_list --database sqlite --database postgresql --runs 50

builds the data, asks for each kind of page on one connection, and writes p50 and p95 in milliseconds
into `benchmarks/results/`. What is measured is the unit of work: statements, rows and entities, without
HTTP. PostgreSQL is the server of the tests, without durability; only reads are measured.
"""

import argparse
import json
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text

from benchmarks.machine import describe
from customer_api.core import engines, schema
from customer_api.customers.models import CustomerRow, Status
from customer_api.customers.names import name_key
from customer_api.customers.search.pages import (
    PageRequest,
    Search,
    count,
    cursor_of,
    estimate,
    find_page,
)
from customer_api.customers.search.shape import Order
from tests.postgres import PostgresServer

SIZES = (100_000, 1_000_000)
BATCH = 5_000
PAGE_SIZE = 20
PIECES, PIECE_LENGTH = 100, 4
"""Pieces of names that are counted, to find one that so many have as a case wants."""
ERASED_DIGIT = 7
"""Customers whose number ends in it are anonymized."""
SYLLABLES = re.findall("..", "anbecordaelfrigahanisjokalumanoolpequirosatiulviwaxeyazo")
RESULTS = Path(__file__).parent / "results"

Case = tuple[Search, dict[str, Any]]


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--database", action="append", choices=["sqlite", "postgresql"])
    parser.add_argument("--customers", action="append", type=int)
    parser.add_argument("--runs", type=int, default=50)
    arguments = parser.parse_args()
    results = []
    for database in arguments.database or ["sqlite", "postgresql"]:
        for customers in arguments.customers or SIZES:
            results.append(measure(database, customers, arguments.runs))
            json.dump(results[-1], sys.stdout, indent=1)
    report = {"workload": "W6", "machine": describe(), "runs": arguments.runs, "results": results}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "customer-list.json").write_text(json.dumps(report, indent=1) + "\n")


def measure(database: str, customers: int, runs: int) -> dict[str, Any]:
    """Fill a database and return milliseconds by case."""
    with ExitStack() as stack:
        if database == "sqlite":
            directory = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{directory}/benchmark.db"
        else:
            url = stack.enter_context(PostgresServer()).url()
        schema.upgrade(url)
        parsed = engines.parse_url(url)
        seconds = schema.with_connection(parsed, lambda it: fill(it, customers))
        cases = schema.with_connection(parsed, lambda it: timed(it, runs), read_only=True)
    return {
        "database": database,
        "customers": customers,
        "fill_seconds": round(seconds, 1),
        "cases": cases,
    }


def fill(connection: Connection, customers: int) -> float:
    """Insert customers whose names are distributed as names are; returns the seconds it took."""
    started = time.monotonic()
    batch: list[dict[str, Any]] = []
    for row in people(customers):
        batch.append(row)
        if len(batch) == BATCH:
            connection.execute(insert(CustomerRow), batch)
            connection.commit()
            batch = []
    if batch:
        connection.execute(insert(CustomerRow), batch)
    connection.execute(text("ANALYZE"))
    connection.commit()
    return time.monotonic() - started


def people(customers: int) -> Iterator[dict[str, Any]]:
    """Yield rows; the same ones each time."""
    chance = random.Random(6)  # noqa: S311 - names for a benchmark
    first_names = [word(chance, 2, 3) for _ in range(2_000)]
    last_names = [word(chance, 2, 4) for _ in range(20_000)]
    start = datetime(2015, 1, 1, tzinfo=UTC)
    for number in range(customers):
        first = first_names[int(chance.paretovariate(0.6)) % len(first_names)]
        last = last_names[int(chance.paretovariate(0.5)) % len(last_names)]
        host = chance.choice(["mail.example", "post.example", "web.example"])
        email = f"{first}.{last}{number}@{host}"
        created_at = start + timedelta(seconds=number * 300)
        if number % 10 == ERASED_DIGIT:
            first = last = ""
            email = f"anon-{chance.getrandbits(128):032x}@anonymized.invalid"
        yield {
            "reference": f"DE--{number * 7919 % 10**10:010}",
            "email": email,
            "email_key": email.lower(),
            "first_name": first,
            "last_name": last,
            "first_name_key": name_key(first),
            "last_name_key": name_key(last),
            "locale": chance.choice(["de_DE", "en_US"]),
            "registered_at": created_at if number % 20 and first else None,
            "anonymized_at": None if first else created_at,
            "created_at": created_at,
            "updated_at": created_at,
            "version": 1,
        }


def word(chance: random.Random, least: int, most: int) -> str:
    """Return a name."""
    return "".join(chance.choices(SYLLABLES, k=chance.randint(least, most))).title()


def cases(connection: Connection) -> dict[str, Case]:
    """Return what is asked for, by name."""
    middle = text(
        "SELECT reference FROM customers WHERE anonymized_at IS NULL ORDER BY id LIMIT 1 "
        "OFFSET :so_many"
    )
    total = count(connection, Search())
    deep = cursor(
        connection, connection.execute(middle, {"so_many": total * 95 // 100}).scalar_one()
    )
    first_page = find_page(connection, Search(), PageRequest(PAGE_SIZE)).entries
    second = cursor_of(first_page[-1])
    somebody = first_page[7]
    ranked = text("SELECT last_name_key, count(*) FROM customers GROUP BY 1 ORDER BY 2")
    frequencies = connection.execute(ranked).all()
    usual = min(frequencies, key=lambda row: abs(row[1] - total // 500))[0]
    piece = piece_of(connection, [name for name, _ in frequencies], total // 500)
    found: dict[str, Case] = {
        f"order {order}, {'descending' if down else 'ascending'}": (
            Search(),
            {"order": order, "is_descending": down},
        )
        for order in Order
        for down in (False, True)
    }
    return found | {
        "deep page": (Search(), {"after": deep}),
        "deep page, by last name": (Search(), {"after": deep, "order": Order.LAST_NAME}),
        "page before": (Search(), {"before": deep, "order": Order.EMAIL}),
        "substring, broad, back to the first page": (Search(text="example"), {"before": second}),
        "filter by status, back to the first page": (
            Search(status=Status.REGISTERED),
            {"before": second},
        ),
        "filter by status, by registration": (
            Search(status=Status.REGISTERED),
            {"order": Order.REGISTERED_AT},
        ),
        "filter by time, old": (
            Search(created_before=datetime(2016, 1, 1, tzinfo=UTC)),
            {},
        ),
        "prefix of one character": (Search(text="x"), {}),
        "prefix of two characters": (Search(text="zo"), {}),
        "substring, selective": (Search(text=somebody.email[3:-8]), {}),
        "substring, one in 500": (Search(text=piece), {}),
        "substring, one in 500, by last name": (
            Search(text=piece),
            {"order": Order.LAST_NAME, "is_descending": False},
        ),
        "usual last name": (Search(text=usual), {}),
        "usual last name, by last name": (
            Search(text=usual),
            {"order": Order.LAST_NAME, "is_descending": False},
        ),
        "the most usual last name, by last name": (
            Search(text=frequencies[-1][0]),
            {"order": Order.LAST_NAME, "is_descending": False},
        ),
        "usual last name and a broad substring, by last name": (
            Search(text=f"{usual} example"),
            {"order": Order.LAST_NAME, "is_descending": False},
        ),
        "substring, broad": (Search(text="example"), {}),
        "substring, broad, by last name": (Search(text="example"), {"order": Order.LAST_NAME}),
        "substring, none": (Search(text="qqqxyz"), {}),
        "first and last name": (Search(text=f"{somebody.first_name} {somebody.last_name}"), {}),
        "whole reference": (Search(text=somebody.reference), {}),
        "filter by e-mail": (Search(email=somebody.email), {}),
        "filter by status, none": (Search(status=Status.LOCKED), {}),
        "filter by status, many": (Search(status=Status.UNCONFIRMED), {}),
        "filter by locale": (Search(locale="en_US"), {}),
    }


def piece_of(connection: Connection, names: list[str], wanted: int) -> str:
    """Return a piece of a name that about so many customers have, in their names or addresses."""
    chance = random.Random(7)  # noqa: S311 - pieces for a benchmark
    named = sorted({name[:PIECE_LENGTH] for name in names if len(name) >= PIECE_LENGTH})
    found = {it: count(connection, Search(text=it)) for it in chance.sample(named, PIECES)}
    return min(found, key=lambda it: abs(found[it] - wanted))


def cursor(connection: Connection, reference: str) -> str:
    """Return the cursor of a customer."""
    found = find_page(connection, Search(reference=reference), PageRequest(1)).entries
    return cursor_of(found[0])


def timed(connection: Connection, runs: int) -> dict[str, dict[str, float]]:
    """Return p50 and p95 of each case, all on this connection."""
    asked = cases(connection)
    milliseconds: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(runs):  # interleaved, so that a busy moment of the machine meets all of them
        for name, (search, page) in asked.items():
            started = time.perf_counter()
            find_page(connection, search, PageRequest(PAGE_SIZE, **page))
            milliseconds[name].append((time.perf_counter() - started) * 1000)
            connection.rollback()
    started = time.perf_counter()
    count(connection, Search())
    exact = (time.perf_counter() - started) * 1000
    started = time.perf_counter()
    estimate(connection, Search())
    estimated = (time.perf_counter() - started) * 1000
    return {name: percentiles(values) for name, values in milliseconds.items()} | {
        "count, exact (once)": {"p50": round(exact, 2), "p95": round(exact, 2)},
        "count, estimated (once)": {"p50": round(estimated, 2), "p95": round(estimated, 2)},
    }


def percentiles(values: list[float]) -> dict[str, float]:
    """Return the median and the 95th percentile."""
    return {
        "p50": round(statistics.median(values), 2),
        "p95": round(statistics.quantiles(values, n=20)[18], 2),
    }


if __name__ == "__main__":
    main()
