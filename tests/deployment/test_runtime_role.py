"""The SQL of docs/operations.md makes a role that can run the service and nothing else."""

import os
import re
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from customer_api.audit.models import COMMAND_LINE
from customer_api.operators.scopes import Role
from customer_api.operators.service import CreateOperator
from tests.shop import OTHER_PASSWORD, address

ROLE = f"test_runtime_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"  # noqa: TID251 - set by pytest-xdist
DDL = (
    "CREATE TABLE mine (id bigint)",
    "ALTER TABLE customers ADD COLUMN mine text",
    "DROP TABLE mails",
    "TRUNCATE mails",
    "UPDATE alembic_version SET version_num = 'mine'",
)

CHANGES_OF_EVIDENCE = (
    "UPDATE audit_events SET subject = 'x'",
    "DELETE FROM audit_events",
    "UPDATE audit_seals SET hash = 'x'",
    "DELETE FROM audit_seals",
    "UPDATE audit_sealed_events SET digest = 'x'",
    "DELETE FROM audit_sealed_events",
    "TRUNCATE audit_events",
)


def documented_sql():
    """Return the statements of the section on roles, for a role of this test process."""
    page = Path(__file__).parents[2] / "docs" / "operations.md"
    _, _, section = page.read_text("utf-8").partition("\n**A role without DDL.**")
    (sql,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)[:1]
    return sql.replace("customer_api_runtime", ROLE)


@pytest.fixture
async def owner(postgres_url):
    """A connection of the role that migrates; the other role is gone afterwards."""
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(documented_sql())
    yield connection
    await connection.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")
    await connection.close()


@pytest.fixture
def database_url(postgres_url, owner):
    return make_url(postgres_url).set(username=ROLE).render_as_string(hide_password=False)


@pytest.mark.promise("S100")
async def test_the_service_works_without_rights_to_the_schema(shop):
    ada = await shop.account()
    added = await shop.call(
        "POST", f"/customers/{ada.reference}/addresses", address(isDefaultBilling=True), by=ada
    )
    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})
    await shop.log_in(password="wrong")
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    restored = await shop.restore(await shop.mailed_key())
    again = await shop.session(ada.reference, ada.email, OTHER_PASSWORD)
    erased = await shop.call("DELETE", f"/customers/{ada.reference}", by=again)
    ready = await shop.client.get("http://api.shop.example/health/ready")

    answers = (added, refreshed, restored, erased, ready)
    assert [answer.status_code for answer in answers] == [201, 201, 204, 204, 200]
    assert await shop.container.retention.erase_unconfirmed() == 0


@pytest.mark.promise("S100")
@pytest.mark.parametrize("statement", DDL)
async def test_the_runtime_role_cannot_change_the_schema(database_url, statement):
    connection = await asyncpg.connect(database_url)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(statement)

    await connection.close()


async def test_the_service_adds_and_seals_events_that_it_cannot_change(shop, database_url):
    created = CreateOperator("grace@shop.example", Role.ADMINISTRATOR)
    await shop.container.back_office.operators.create_by_command_line(COMMAND_LINE, created)

    assert await shop.container.sealing.seal() == 1

    connection = await asyncpg.connect(database_url)
    for statement in CHANGES_OF_EVIDENCE:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


@pytest.mark.promise("S100")
async def test_tables_of_later_migrations_belong_to_the_service_too(database_url, owner):
    await owner.execute("CREATE TABLE later (id bigint)")
    connection = await asyncpg.connect(database_url)

    await connection.execute("INSERT INTO later VALUES (1)")

    await connection.close()
    await owner.execute("DROP TABLE later")
