"""What runs out: connections (S91, with times) and the disk of PostgreSQL (S95)."""

import asyncio
import os
import pwd
import subprocess

import asyncpg
import httpx
import pytest

from customer_api.core.schema import upgrade
from tests.blackbox.server import start_server
from tests.long.load import document
from tests.long.test_durability import ENVIRONMENT
from tests.shop import registration

pytestmark = pytest.mark.long

POOL_TIMEOUT_SECONDS = 2.0
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
DISK_BYTES = 16 * 1024 * 1024


async def register(client, url, name):
    body = document("customers", registration(email=f"{name}@shop.example"))
    return await client.post(f"{url}/v1/customers", json=body)


@pytest.mark.promise("S91")
async def test_an_exhausted_pool_is_503_within_half_a_second_of_its_time_out(
    tmp_path, postgres_url
):
    environment = ENVIRONMENT | {
        "CUSTOMER_API_DATABASE_URL": postgres_url,
        "CUSTOMER_API_DATABASE_POOL_SIZE": "2",
        "CUSTOMER_API_DATABASE_POOL_TIMEOUT_SECONDS": str(POOL_TIMEOUT_SECONDS),
    }
    loop = asyncio.get_running_loop()
    operator = await asyncpg.connect(postgres_url)
    with start_server(tmp_path, environment) as server:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            await register(client, server.url, "ada")
            await operator.execute("BEGIN; LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
            holders = [asyncio.create_task(register(client, server.url, f"g{it}")) for it in "ab"]
            while await operator.fetchval(WAITING) < 2:  # noqa: ASYNC110 - locks have no event
                await asyncio.sleep(0.05)
            started = loop.time()
            refused = await register(client, server.url, "edith")
            waited = loop.time() - started
            health = [
                (await client.get(f"{server.url}/health/{it}")).status_code
                for it in ("live", "ready")
            ]
            await operator.execute("COMMIT")
            await asyncio.gather(*holders)
    await operator.close()

    assert refused.status_code == 503
    assert waited <= POOL_TIMEOUT_SECONDS + 0.5
    assert health == [200, 503]


@pytest.fixture
def small_disk(own_postgres):
    """A file system of a few MiB, for PostgreSQL's user; making one takes root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system takes root")
    path = own_postgres.directory / "small"
    path.mkdir()
    owner = pwd.getpwnam("nobody")
    options = f"size={DISK_BYTES},uid={owner.pw_uid},gid={owner.pw_gid},mode=700"
    subprocess.run(["/usr/bin/mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
    yield path
    own_postgres.stop()
    subprocess.run(["/usr/bin/umount", path], check=True)


@pytest.mark.promise("S95")
async def test_postgresql_on_a_full_disk_refuses_writes_reads_on_and_recovers(
    tmp_path, own_postgres, small_disk
):
    operator = await asyncpg.connect(own_postgres.url())
    await operator.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    await operator.execute("CREATE DATABASE shop TABLESPACE small")
    await asyncio.to_thread(upgrade, own_postgres.url("shop"))
    environment = ENVIRONMENT | {"CUSTOMER_API_DATABASE_URL": own_postgres.url("shop")}
    filler = small_disk / "filler"
    with start_server(tmp_path, environment) as server:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            fill(filler)
            created, refused = await fill_by_registering(client, server.url)
            ready = await client.get(f"{server.url}/health/ready")
            filler.unlink()
            again = await register(client, server.url, f"ada{created}")
    await operator.close()

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert (ready.status_code, again.status_code) == (200, 201)


def fill(path):
    """Take what is left of the file system."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


async def fill_by_registering(client, url):
    """Register customers until one is refused; return how many were not, and the refusal."""
    for number in range(5000):
        answer = await register(client, url, f"ada{number}")
        if answer.status_code != 201:
            return number, answer
    raise AssertionError("the disk was never full")
