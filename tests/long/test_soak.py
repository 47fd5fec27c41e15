"""Memory under a steady load (S105): a soak of minutes, whose slope must not lead anywhere."""

import asyncio
import statistics
from pathlib import Path

import pytest

from tests.blackbox.server import start_server
from tests.long.test_durability import ENVIRONMENT, loaded

pytestmark = pytest.mark.long

WARM_UP_SECONDS = 60
SOAK_SECONDS = 240
LOOK_EVERY_SECONDS = 2
MIB_PER_MINUTE = 1.0


def resident_mib(pid):
    """Return the resident memory of a process."""
    (line,) = [
        it for it in Path(f"/proc/{pid}/status").read_text().splitlines() if it.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


@pytest.mark.promise("S105")
async def test_a_steady_load_takes_no_more_and_more_memory(tmp_path, sqlite_url):
    environment = ENVIRONMENT | {"CUSTOMER_API_DATABASE_URL": sqlite_url}
    minutes, memory = [], []
    with start_server(tmp_path, environment) as server:
        async with loaded(server) as load:
            await asyncio.sleep(WARM_UP_SECONDS)
            for look in range(SOAK_SECONDS // LOOK_EVERY_SECONDS):
                minutes.append(look * LOOK_EVERY_SECONDS / 60)
                memory.append(resident_mib(server.process.pid))
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    slope, _ = statistics.linear_regression(minutes, memory)
    assert slope < MIB_PER_MINUTE, memory
    assert set(load.statuses) == {201}
