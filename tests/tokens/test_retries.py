"""The retry rule of refresh tokens under rotation of keys and races."""

import asyncio
import shutil
from collections import Counter

import pytest

from customer_api.mail.models import MailRow
from customer_api.security.key_ring import rotate
from customer_api.tokens.models import SessionRow
from tests.shop import only_error
from tests.tables import connect, rows

PARALLEL = 50
FAILED = (401, "004", "Failed to refresh token.")


@pytest.fixture
async def two_workers(open_shop, signing_key, tmp_path):
    """Two applications on one database and one file of keys, which a test may rotate."""
    key = tmp_path / "ring" / "signing-key.pem"
    key.parent.mkdir()
    shutil.copy(signing_key, key)
    one = await open_shop(signing_keys=(key,))
    return one, await open_shop(signing_keys=(key,), clock=one.clock), key


async def refresh(shop, token):
    return await shop.call("POST", "/refresh-tokens", {"refreshToken": token})


def successors(answers):
    """Return the different refresh tokens that answers hand out."""
    return {
        it.json()["data"]["attributes"]["refreshToken"] for it in answers if it.status_code == 201
    }


@pytest.mark.promise("S26")
async def test_a_retry_at_a_worker_that_missed_the_rotation_gets_the_same_successor(two_workers):
    one, other, key = two_workers
    ada = await one.account()
    rotate(key)
    one.clock.advance(minutes=1)
    await one.session(ada.reference, ada.email)  # by which this worker follows the rotation
    first = await refresh(one, ada.refresh_token)

    again = await refresh(other, ada.refresh_token)

    assert again.status_code == 201
    assert len(successors([first, again])) == 1


@pytest.mark.promise("S27")
async def test_of_many_late_repetitions_at_once_one_ends_the_session_and_one_mail_goes_out(
    two_workers, caplog
):
    one, other, _ = two_workers
    ada = await one.account()
    await refresh(one, ada.refresh_token)
    one.clock.advance(seconds=11)
    for each in (one, other):
        await connect(each)

    answers = await asyncio.gather(
        *(refresh((one, other)[it % 2], ada.refresh_token) for it in range(PARALLEL))
    )

    assert Counter(only_error(it) for it in answers) == {FAILED: PARALLEL}
    assert {it.json()["errors"][0]["meta"]["reason"] for it in answers} == {"reused"}
    (session,) = await rows(one, SessionRow)
    assert session.end_reason == "reused"
    mails = Counter(row.template for row in await rows(one, MailRow))
    assert mails["refresh_token_reused"] == 1
    events = [it for it in caplog.records if it.message == "refresh_token_reused"]
    assert [it.session for it in events] == [session.uuid]


@pytest.mark.promise("S27")
async def test_a_rotation_beside_a_late_repetition_revives_nothing(two_workers):
    one, other, _ = two_workers
    ada = await one.account()
    (newest,) = successors([await refresh(one, ada.refresh_token)])
    one.clock.advance(seconds=11)
    for each in (one, other):
        await connect(each)

    stolen, *answers = await asyncio.gather(
        refresh(one, ada.refresh_token), *(refresh(other, newest) for _ in range(10))
    )

    assert only_error(stolen) == FAILED
    issued = successors(answers)
    assert len(issued) <= 1
    for token in (ada.refresh_token, newest, *issued):
        assert only_error(await refresh(other, token)) == FAILED
    assert not await one.is_logged_in(ada)
