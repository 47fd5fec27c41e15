import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import pytest

from customer_api.core.db import keep_nothing
from customer_api.core.errors import DatabaseUnavailable
from customer_api.idempotency import repository
from customer_api.idempotency.errors import RequestInProgress
from customer_api.idempotency.marks import RepeatableRequest
from customer_api.idempotency.models import Answer, IdempotentRequestRow
from customer_api.security import key_ring
from customer_api.security.hashing import PasswordHasher
from customer_api.security.signing_keys import generate_signing_key
from tests.core import counting
from tests.shop import OTHER_PASSWORD, PASSWORD, address, only_error, registration
from tests.tables import connect, rows

promise = pytest.mark.promise
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REQUEST = RepeatableRequest("", "POST", "/v1/counter", "key", (b"",))
PARALLEL = 50


def register(shop, **changes):
    return shop.call("POST", "/customers", registration(**changes), headers=KEY)


@pytest.fixture
async def shops(open_shop):
    """Two workers on the same database."""
    return [await open_shop(), await open_shop()]


@pytest.fixture
def hashed(monkeypatch):
    """Collect the passwords that are hashed."""
    passwords = []
    hash_one = PasswordHasher.hash

    async def hash_and_note(self, password):
        passwords.append(password)
        return await hash_one(self, password)

    monkeypatch.setattr(PasswordHasher, "hash", hash_and_note)
    return passwords


@pytest.fixture
async def count(shop):
    """Increment a number in the database by a request that can be repeated."""
    await shop.container.units.write(counting.set_up)

    async def once(act=None, request=REQUEST):
        async def increment(*, keep=keep_nothing):
            return await shop.container.units.write(counting.increment, keep)

        return await shop.container.idempotency.once(
            request, None, act or increment, render=lambda _: Answer(204, b"", None)
        )

    return once


def counted(shop):
    return shop.container.units.read(counting.read)


@promise("S119")
async def test_parallel_registrations_with_a_key_are_one(shops, hashed):
    for shop in shops:
        await connect(shop)

    answers = await asyncio.gather(*(register(shops[it % 2]) for it in range(PARALLEL)))

    last = [await register(shop) for shop in shops]
    statuses = Counter(it.status_code for it in answers)
    assert statuses.keys() <= {201, 409}
    assert {only_error(it)[1] for it in answers if it.status_code == 409} <= {"1242"}
    bodies = {it.content for it in (*answers, *last) if it.status_code == 201}
    assert len(bodies) == 1
    assert [it.status_code for it in last] == [201, 201]
    assert hashed == [PASSWORD]
    assert len(await shops[0].mails()) == 1


@promise("S119")
async def test_parallel_additions_with_a_key_are_one(shops):
    account = await shops[0].account()
    path = f"/customers/{account.reference}/addresses"
    for shop in shops:
        await connect(shop)

    answers = await asyncio.gather(
        *(
            shops[it % 2].call("POST", path, address(), by=account, headers=KEY)
            for it in range(PARALLEL)
        )
    )

    last = await shops[1].call("POST", path, address(), by=account, headers=KEY)
    book = (await shops[0].call("GET", path, by=account)).json()["data"]
    assert {it.status_code for it in answers} <= {201, 409}
    assert {it.json()["data"]["id"] for it in (*answers, last) if it.status_code == 201} == {
        book[0]["id"]
    }
    assert (last.status_code, len(book)) == (201, 1)


@promise("S119")
@pytest.mark.contract("idem-2")
async def test_an_answer_is_repeated_by_the_next_process_and_with_the_next_signing_key(
    open_shop, signing_key, tmp_path, hashed
):
    first = await register(await open_shop())
    new_key = tmp_path / "new.pem"
    generate_signing_key(new_key)

    again = await register(await open_shop(signing_keys=(new_key, signing_key)))
    other = await register(await open_shop(), lastName="Byron")

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert only_error(other)[1] == "1241"
    assert hashed == [PASSWORD]


async def test_a_request_is_found_by_a_process_that_missed_a_rotation(
    open_shop, signing_key, tmp_path
):
    own = tmp_path / "key.pem"
    own.write_bytes(signing_key.read_bytes())
    own.chmod(0o600)
    late = await open_shop(signing_keys=(own,))
    key_ring.rotate(own)
    first = await register(await open_shop(signing_keys=(own,)))

    again = await register(late)

    assert (again.status_code, again.content) == (first.status_code, first.content)


@pytest.mark.contract("idem-5", "err-1242")
async def test_while_the_first_request_is_at_work_its_repetition_is_told_to_wait(
    shops, monkeypatch
):
    first, other = shops
    repeated = []
    hash_one = PasswordHasher.hash

    async def hash_and_repeat(self, password):
        repeated.append(await register(other))
        return await hash_one(self, password)

    monkeypatch.setattr(PasswordHasher, "hash", hash_and_repeat)

    created = await register(first)

    (repetition,) = repeated
    detail = "The first request with this Idempotency-Key is still in progress."
    assert only_error(repetition) == (409, "1242", detail)
    assert repetition.headers["retry-after"] == "1"
    assert created.status_code == 201


async def test_a_repeated_change_of_the_password_hashes_nothing(shop, hashed, monkeypatch):
    account = await shop.account()
    path = f"/customer-password/{account.reference}"
    new = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    await shop.call("PATCH", path, new, by=account, headers=KEY)
    monkeypatch.setattr(PasswordHasher, "verify", pytest.fail)

    again = await shop.call("PATCH", path, new, by=account, headers=KEY)

    assert again.status_code == 204
    assert hashed == [PASSWORD, OTHER_PASSWORD]


@promise("S119")
@pytest.mark.contract("idem-5")
async def test_an_attempt_that_came_to_nothing_blocks_for_half_a_minute_only(shop, count):
    go_on, started = asyncio.Event(), asyncio.Event()

    async def hang(*, keep):
        started.set()
        await go_on.wait()
        return await shop.container.units.write(counting.increment, keep)

    hanging = asyncio.create_task(count(hang))
    await started.wait()
    shop.clock.advance(seconds=29, microseconds=999_999)
    with pytest.raises(RequestInProgress):
        await count()
    shop.clock.advance(microseconds=1)

    assert (await count()).status == 204

    go_on.set()
    with pytest.raises(RequestInProgress):
        await hanging
    assert (await count()).status == 204
    assert await counted(shop) == 1


@pytest.mark.parametrize("error", [ValueError("a bug"), asyncio.CancelledError()])
async def test_whatever_ends_an_attempt_the_next_may_begin(shop, count, error):
    async def fail(*, keep):
        raise error

    with suppress(type(error)):
        await count(fail)

    await count()
    assert await counted(shop) == 1


async def test_what_is_not_committed_is_not_answered_either(shop, count):
    async def fail_at_the_end(*, keep):
        def keep_and_fail(connection, result):
            keep(connection, result)
            raise DatabaseUnavailable

        return await shop.container.units.write(counting.increment, keep_and_fail)

    with pytest.raises(DatabaseUnavailable):
        await count(fail_at_the_end)

    assert await counted(shop) == 0
    await count()
    assert await counted(shop) == 1


async def test_what_was_committed_is_answered_though_the_answer_got_lost(shop, count):
    async def commit_and_fail(*, keep):
        await shop.container.units.write(counting.increment, keep)
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        await count(commit_and_fail)

    assert (await count()).status == 204
    assert await counted(shop) == 1


async def test_a_claim_that_cannot_be_released_lapses(shop, count, monkeypatch):
    async def refuse(_work, _keep=None):
        raise DatabaseUnavailable

    async def lose_the_database(*, keep):
        monkeypatch.setattr(shop.container.units, "write", refuse)
        raise DatabaseUnavailable

    with pytest.raises(DatabaseUnavailable):
        await count(lose_the_database)
    monkeypatch.undo()

    with pytest.raises(RequestInProgress):
        await count()
    shop.clock.advance(seconds=30)
    await count()
    assert await counted(shop) == 1


async def test_whoever_is_slower_to_claim_waits(shop, count, monkeypatch):
    find = repository.find
    calls = iter([True, True, False, False])

    def find_nothing(connection, scopes):
        return None if next(calls) else find(connection, scopes)

    await count()
    monkeypatch.setattr(repository, "find", find_nothing)

    with pytest.raises(RequestInProgress):
        await count()

    assert (await count()).status == 204
    assert await counted(shop) == 1


async def test_of_two_who_take_a_lapsed_claim_over_one_waits(shop, count, monkeypatch):
    find = repository.find

    def find_older(connection, scopes):
        found = find(connection, scopes)
        return found and replace(found, claim=replace(found.claim, token="older"))

    await count()
    shop.clock.advance(days=1)
    monkeypatch.setattr(repository, "find", find_older)

    with pytest.raises(RequestInProgress):
        await count()

    assert await counted(shop) == 1


async def test_requests_are_purged_after_their_time(shop, count):
    await count()
    shop.clock.advance(hours=1)
    await count(request=replace(REQUEST, key="other"))
    shop.clock.advance(hours=23, microseconds=-1)
    assert await shop.container.retention.purge_requests() == 0
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.purge_requests() == 1

    assert len(await rows(shop, IdempotentRequestRow)) == 1


@promise("G7")
@pytest.mark.parametrize("conflict", ["contract", "hidden"])
@pytest.mark.parametrize("has_moved", [False, True])
async def test_erasure_wipes_the_answers_even_those_to_strangers(open_shop, conflict, has_moved):
    shop = await open_shop(registration_conflict=conflict)
    account = await shop.account()
    other = await shop.account("grace@shop.example")
    path = f"/customers/{other.reference}/addresses"
    kept = await shop.call("POST", path, address(), by=other, headers=KEY)
    if has_moved:
        account = await shop.move(account, "lovelace@shop.example")
    path = f"/customers/{account.reference}/addresses"
    await shop.call("POST", path, address(), by=account, headers=KEY)
    await register(shop)

    erased = await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    left, *wiped = await rows(shop, IdempotentRequestRow)
    assert erased.status_code == 204
    assert left.body == kept.content
    assert {(it.customer_id, it.fingerprint, it.etag, it.body) for it in wiped} == {
        (None, b"", None, None)
    }
