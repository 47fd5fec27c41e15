"""No change is lost: not between workers, and not when SQLite's file is locked by somebody else."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from tests.shop import address, only_error
from tests.tables import connect

promise = pytest.mark.promise
WRITERS = 8
CHANGES = 4
PARALLEL = 50


@pytest.fixture
async def shops(open_shop):
    """Two workers on the same database."""
    shops = [await open_shop(), await open_shop()]
    for shop in shops:
        await connect(shop)
    return shops


async def increment(shop, account, statuses):
    """Read a number in the profile and write the next one, until nobody came in between."""
    path = f"/customers/{account.reference}"
    while True:
        read = await shop.call("GET", path, by=account)
        value = int(read.json()["data"]["attributes"]["lastName"])
        changed = await shop.call(
            "PATCH",
            path,
            {"lastName": str(value + 1)},
            by=account,
            headers={"If-Match": read.headers["etag"]},
        )
        statuses[changed.status_code] += 1
        if changed.status_code != 412:
            return


@promise("G10", "S94")
@pytest.mark.contract("etag-3")
async def test_as_many_changes_are_made_as_are_answered_with_success(shops):
    account = await shops[0].account(lastName="0")
    statuses = Counter()

    async def write(shop):
        for _ in range(CHANGES):
            await increment(shop, account, statuses)

    await asyncio.gather(*(write(shops[it % 2]) for it in range(WRITERS)))

    read = await shops[0].call("GET", f"/customers/{account.reference}", by=account)
    assert statuses.keys() <= {200, 412}
    assert statuses[200] == WRITERS * CHANGES
    assert read.json()["data"]["attributes"]["lastName"] == str(statuses[200])


@promise("G10")
async def test_of_parallel_changes_of_one_state_one_is_made(shops):
    account = await shops[0].account()
    path = f"/customers/{account.reference}"
    read = await shops[0].call("GET", path, by=account)
    seen = {"If-Match": read.headers["etag"]}

    answers = await asyncio.gather(
        *(
            shops[it % 2].call("PATCH", path, {"lastName": f"n{it}"}, by=account, headers=seen)
            for it in range(20)
        )
    )

    (winner,) = [it for it in answers if it.status_code == 200]
    kept = await shops[1].call("GET", path, by=account)
    assert Counter(it.status_code for it in answers) == {200: 1, 412: 19}
    assert kept.json() == winner.json()
    assert {it.json()["errors"][0]["meta"]["etag"] for it in answers if it is not winner} == {
        winner.headers["etag"]
    }


@promise("S56")
async def test_however_many_set_and_delete_defaults_there_is_one_of_a_kind_at_most(shops):
    account = await shops[0].account()
    book = f"/customers/{account.reference}/addresses"
    uuids = []
    for _ in range(5):
        created = await shops[0].call("POST", book, address(), by=account)
        uuids.append(created.json()["data"]["id"])
    default = {"isDefaultBilling": True, "isDefaultShipping": True}

    def race(number):
        shop, path = shops[number % 2], f"{book}/{uuids[number % 5]}"
        if number % 10 == 9:
            return shop.call("DELETE", path, by=account)
        if number % 10 == 8:
            return shop.call("POST", book, address(**default), by=account)
        return shop.call("PATCH", path, default, by=account)

    answers = await asyncio.gather(*(race(it) for it in range(PARALLEL)))

    entries = (await shops[1].call("GET", book, by=account)).json()["data"]
    assert {it.status_code for it in answers} <= {200, 201, 204, 404}
    for flag in default:
        assert sum(entry["attributes"][flag] for entry in entries) <= 1


@pytest.fixture
def locked(sqlite_url):
    """Lock the file for writing, as another process would, until the connection commits."""
    path = sqlite_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


@promise("S94")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_while_the_file_is_locked_for_long_writes_are_refused_and_reads_go_on(
    open_shop, locked
):
    shop = await open_shop(database_busy_timeout_seconds=1)
    account = await shop.account()
    path = f"/customers/{account.reference}"
    locked.execute("BEGIN IMMEDIATE")

    answers = await asyncio.gather(
        *(shop.call("PATCH", path, {"lastName": f"n{it}"}, by=account) for it in range(20))
    )
    read = await shop.call("GET", path, by=account)

    locked.execute("COMMIT")
    again = await shop.call("PATCH", path, {"firstName": "Augusta"}, by=account)
    assert {only_error(it) for it in answers} == {(503, None, "Service Unavailable")}
    assert {it.headers["retry-after"] for it in answers} == {"1"}
    assert read.status_code == 200
    assert again.json()["data"]["attributes"]["lastName"] == "Example"


@promise("S94")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_while_the_file_is_locked_for_a_moment_writes_wait(open_shop, locked):
    shop = await open_shop(database_busy_timeout_seconds=30)
    account = await shop.account()
    path = f"/customers/{account.reference}"
    locked.execute("BEGIN IMMEDIATE")
    writing = [
        asyncio.create_task(shop.call("PATCH", path, {"lastName": "King"}, by=account))
        for _ in range(5)
    ]
    await shop.call("GET", path, by=account)
    still_waiting = not any(it.done() for it in writing)

    locked.execute("COMMIT")
    answers = await asyncio.gather(*writing)

    assert still_waiting
    assert {it.status_code for it in answers} == {200}
