import pytest

from customer_api.core.engines import parse_url


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
