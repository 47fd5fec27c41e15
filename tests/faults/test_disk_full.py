"""A disk that is full: writes are refused for now, reads go on, and nothing is broken afterwards.

PostgreSQL on a really full disk takes minutes: tests/long/test_disk_full.py.
"""

import pytest
from sqlalchemy import text

from tests.shop import registration

FULL = text("""
    CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE SQLSTATE '53100' USING MESSAGE = 'could not extend file'; END $$
""")
BEFORE_EACH = text(
    "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON mails "
    "FOR EACH ROW EXECUTE FUNCTION disk_is_full()"
)
FREE = text("DROP FUNCTION disk_is_full CASCADE")

PAGES = text("PRAGMA page_count")


async def fill_disk(shop):
    """Let the database have no more room than it uses; what it is told for that, too."""

    def fill(connection):
        if connection.dialect.name == "postgresql":
            connection.execute(FULL)
            connection.execute(BEFORE_EACH)
        else:
            pages = connection.scalar(PAGES)
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))

    await shop.container.units.write(fill)


async def free_disk(shop):
    def free(connection):
        if connection.dialect.name == "postgresql":
            connection.execute(FREE)
        else:
            connection.execute(text("PRAGMA max_page_count = 1000000"))

    await shop.container.units.write(free)


async def register_until_refused(shop):
    """Register customers until one is refused; return the addresses of the others and the refusal."""
    registered = []
    while True:
        email = f"grace{len(registered)}@shop.example"
        answer = await shop.call("POST", "/customers", registration(email=email))
        if answer.status_code != 201:
            return registered, answer
        registered.append(email)
        assert len(registered) < 1000


@pytest.mark.promise("S95")
async def test_a_full_disk_refuses_writes_for_now_and_breaks_nothing(open_shop):
    shop = await open_shop(double_opt_in=False)
    await shop.register()
    ada = await shop.session("", "ada@shop.example")
    reference = (await shop.call("GET", "/customers", by=ada)).json()["data"][0]["id"]
    await fill_disk(shop)

    registered, refusal = await register_until_refused(shop)

    profile = await shop.call("GET", f"/customers/{reference}", by=ada)
    assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "1")
    assert profile.status_code == 200
    await free_disk(shop)
    repeated = await shop.register(email=f"grace{len(registered)}@shop.example")
    assert repeated.status_code == 201
    assert await is_sound(shop)


async def is_sound(shop):
    """Whether SQLite finds nothing wrong with its file; PostgreSQL has no such question."""

    def ask(connection):
        if connection.dialect.name == "postgresql":
            return True
        return connection.scalar(text("PRAGMA integrity_check")) == "ok"

    return await shop.container.units.read(ask)
