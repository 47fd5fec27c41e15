"""Looking for canaries in a database's tables, in files, and in delivered mails."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, inspect

from customer_api.anonymization.canaries import Canaries, Sighting

BATCH_ROWS: Final = 500
PIECE_BYTES: Final = 1 << 20
SYSTEM_SCHEMAS: Final = frozenset({"information_schema", "pg_catalog", "pg_toast"})


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A place where a canary was seen, and how often."""

    place: str
    """`table.column`, or a file."""
    sighting: Sighting
    count: int


def list_tables(connection: Connection) -> tuple[tuple[str | None, str], ...]:
    """Return schema and name of every table, those of plugins and of migrations included."""
    inspector = inspect(connection)
    schemas = set(inspector.get_schema_names()) - SYSTEM_SCHEMAS
    return tuple(
        (schema, name)
        for schema in sorted(schemas)
        for name in sorted(inspector.get_table_names(schema))
    )


def search_table(
    connection: Connection, schema: str | None, name: str, canaries: Canaries
) -> Iterator[Hit]:
    """Yield the columns in which canaries are, with the number of their rows.

    The table is read as a stream, so it may be of any size.
    """
    quote = connection.dialect.identifier_preparer
    table = f"{quote.quote_schema(schema)}.{quote.quote(name)}" if schema else quote.quote(name)
    streaming = connection.execution_options(yield_per=BATCH_ROWS)
    result = streaming.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608 - names are quoted
    columns = list(result.keys())
    found: Counter[tuple[str, Sighting]] = Counter()
    for rows in result.partitions(BATCH_ROWS):
        for position, column in enumerate(columns):
            for sighting in _search_column(rows, position, canaries):
                found[(f"{name}.{column}", sighting)] += 1
    for (place, sighting), count in sorted(found.items()):
        yield Hit(place, sighting, count)


def search_file(path: Path, canaries: Canaries) -> Iterator[Hit]:
    """Yield which canaries are in the bytes of a file; the count is always 1."""
    found: set[Sighting] = set()
    tail = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            found |= canaries.find(tail + piece)
            tail = (tail + piece)[-canaries.longest :]
    for sighting in sorted(found):
        yield Hit(str(path), sighting, 1)


def search_mails(directory: Path, canaries: Canaries) -> Iterator[Hit]:
    """Yield which canaries are in the mails of a directory, as they are sent and as they are read."""
    found: Counter[Sighting] = Counter()
    for path in sorted(directory.glob("*.eml")):
        found.update(canaries.find(b"\n".join(_texts(path.read_bytes()))))
    for sighting, count in sorted(found.items()):
        yield Hit(str(directory), sighting, count)


def _search_column(
    rows: Sequence[Row[Any]], position: int, canaries: Canaries
) -> Iterator[Sighting]:
    """Yield a sighting for each row; rows are looked at one by one only when all of them have one."""
    values = [_bytes(row[position]) for row in rows]
    if canaries.find(b"\0".join(values)):
        for value in values:
            yield from canaries.find(value)


def _bytes(value: object) -> bytes:
    if value is None:
        return b""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _texts(raw: bytes) -> Iterator[bytes]:
    yield raw
    for part in message_from_bytes(raw, policy=policy.default).walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload
