import asyncio
import logging
import threading
from collections import Counter

import pytest
from sqlalchemy import func, select

from customer_api.core.errors import DatabaseUnavailable
from customer_api.credentials.models import OneTimeKeyRow
from customer_api.mail.models import MailRow
from customer_api.passwords import repository, requests
from customer_api.passwords.models import RestoreRequestRow
from tests.shop import OTHER_PASSWORD
from tests.tables import connect, rows


async def forget(shop, email="ada@shop.example"):
    return await shop.call("POST", "/customer-forgotten-password", {"email": email})


async def restore_mails(shop):
    templates = Counter(row.template for row in await rows(shop, MailRow))
    return templates["password_restore"]


@pytest.fixture
async def ada(shop):
    return await shop.account()


async def test_a_request_is_answered_once_by_whatever_worker(open_shop):
    shop, other = await open_shop(), await open_shop()
    await shop.account()
    await forget(shop)
    for each in (shop, other):
        await connect(each)

    answered = await asyncio.gather(
        *(it.container.restore_requests.answer() for it in (shop, other) for _ in range(5))
    )

    assert sum(answered) == 1
    assert await restore_mails(shop) == 1
    assert await rows(shop, RestoreRequestRow) == []


async def test_a_request_that_another_worker_answered_meanwhile_is_left_alone(
    shop, ada, monkeypatch
):
    await forget(shop)
    request = await shop.container.units.read(repository.find_oldest)
    await shop.container.restore_requests.answer()
    found = [request, None]
    monkeypatch.setattr(repository, "find_oldest", lambda _connection: found.pop(0))

    answered = await shop.container.restore_requests.answer()

    assert answered == 0
    assert await restore_mails(shop) == 1


async def test_an_answer_and_an_erasure_wait_for_each_other_in_one_order(shop, ada, monkeypatch):
    take, is_taken = repository.take, threading.Event()

    def take_slowly(connection, *arguments):
        taken = take(connection, *arguments)
        is_taken.set()
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_sleep(0.2)))  # until the erasure waits for us
        return taken

    async def erase():
        await asyncio.to_thread(is_taken.wait)
        return await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    await forget(shop)
    await connect(shop)
    monkeypatch.setattr(repository, "take", take_slowly)

    answered, erased = await asyncio.gather(shop.container.restore_requests.answer(), erase())

    assert answered == 1
    assert erased.status_code == 204
    assert await rows(shop, RestoreRequestRow) == []


async def test_requests_of_strangers_leave_no_trace(shop, ada, caplog):
    caplog.set_level(logging.INFO)
    await forget(shop, "nobody@shop.example")
    await forget(shop)

    await shop.container.restore_requests.answer()

    events = [it for it in caplog.records if it.message == "password_restore_requested"]
    assert [it.reference for it in events] == [ada.reference]
    assert await rows(shop, RestoreRequestRow) == []
    assert await restore_mails(shop) == 1


async def test_a_request_that_waited_for_an_hour_is_dropped(shop, ada):
    await forget(shop)
    shop.clock.advance(hours=1)

    assert await shop.container.restore_requests.answer() == 1

    assert await restore_mails(shop) == 0


async def test_a_failure_leaves_the_request_for_the_next_worker(shop, ada, monkeypatch):
    def fail(*_arguments, **_options):
        raise RuntimeError("a bug")

    await forget(shop)
    monkeypatch.setattr("customer_api.mail.outbox.Outbox.put", fail)
    with pytest.raises(RuntimeError):
        await shop.container.restore_requests.answer()
    monkeypatch.undo()

    assert {row.purpose for row in await rows(shop, OneTimeKeyRow)} == {"confirmation"}
    assert (await shop.restore(await shop.mailed_key(), OTHER_PASSWORD)).status_code == 204


@pytest.mark.parametrize("error", [DatabaseUnavailable(), RuntimeError("a@shop.example")])
async def test_the_loop_outlives_failures_and_answers_what_comes(
    shop, ada, monkeypatch, caplog, error
):
    monkeypatch.setattr(requests, "IDLE_SECONDS", 0.0)
    monkeypatch.setattr(requests, "PAUSE_SECONDS", 0.0)
    worker, stop = shop.container.restore_requests, asyncio.Event()
    answer, outcomes = worker.answer, [error]

    async def answer_later():
        if outcomes:
            raise outcomes.pop()
        answered = await answer()
        if answered:  # pragma: no branch - a round may come before there is anything to answer
            stop.set()
        return answered

    monkeypatch.setattr(worker, "answer", answer_later)
    await forget(shop)

    await worker.run(stop)

    assert await restore_mails(shop) == 1
    assert "a@shop.example" not in caplog.text
    failures = [it.code for it in caplog.records if it.message == "restore_requests_failed"]
    assert failures == (["RuntimeError"] if isinstance(error, RuntimeError) else [])


async def test_erasure_removes_requests_about_former_addresses(shop, ada):
    moved = await shop.move(ada, "moved@shop.example")
    for email in (ada.email, moved.email):
        await forget(shop, email)

    await shop.call("DELETE", f"/customers/{ada.reference}", by=moved)

    assert await rows(shop, RestoreRequestRow) == []


async def test_erasure_leaves_requests_of_who_has_an_address_that_was_asked_for(shop, ada):
    await shop.change_email(ada, "bob@shop.example")
    await shop.account("bob@shop.example")
    await forget(shop, "bob@shop.example")

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    (request,) = await rows(shop, RestoreRequestRow)
    assert request.email_key == "bob@shop.example"
