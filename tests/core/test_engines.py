import sqlite3
import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from customer_api.core.engines import parse_url, sqlite_engine


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///var/shop.db", "sqlite+pysqlite"),
        ("postgresql://ada:secret@db/shop", "postgresql+asyncpg"),
        ("postgres://db/shop", "postgresql+asyncpg"),
    ],
)
def test_the_driver_is_the_programs_business(url, driver):
    assert parse_url(url).drivername == driver


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.db",
        "sqlite",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite+aiosqlite:///shop.db",
        "mysql://ada:s3cret@db/shop",
        "postgresql+psycopg://ada:s3cret@db/shop",
        "postgresql:ada:s3cret@db",
    ],
)
def test_other_databases_are_refused_without_repeating_secrets(url):
    with pytest.raises(ValueError, match=r"SQLite needs a file|must start with") as caught:
        parse_url(url)

    assert "s3cret" not in str(caught.value)


@pytest.fixture
def writing(tmp_path):
    """A connection in the middle of a write to a file whose journal mode nobody has set yet."""
    connection = sqlite3.connect(
        tmp_path / "new.sqlite3", isolation_level=None, check_same_thread=False
    )
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_the_first_to_open_a_file_waits_for_another_who_writes(tmp_path, writing):
    engine = sqlite_engine(
        parse_url(f"sqlite:///{tmp_path / 'new.sqlite3'}"), busy_timeout_seconds=30.0
    )
    end = threading.Timer(0.2, writing.rollback)
    end.start()

    with engine.connect() as connection:
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()

    end.join()
    assert mode == "wal"


def test_it_does_not_wait_for_ever(tmp_path, writing):
    assert writing.in_transaction
    engine = sqlite_engine(
        parse_url(f"sqlite:///{tmp_path / 'new.sqlite3'}"), busy_timeout_seconds=0.05
    )

    with pytest.raises(OperationalError, match="database is locked"):
        engine.connect()
