import asyncio
import threading

import pytest
from sqlalchemy import func, select

from customer_api.bootstrap import build
from customer_api.core.errors import TokenRefused
from customer_api.core.ids import CustomerId
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository


@pytest.fixture
async def claims(shop):
    ada = await shop.account()
    verified = shop.container.access_tokens.verify(ada.access_token)
    return Claims(verified.session, ada.reference, verified.token_id)


async def test_a_live_session_brings_its_customer(shop, claims):
    session = await shop.container.units.read_as(claims, lambda _, session: session)
    locked = await shop.container.units.write_as(claims, lambda _, session: session)

    assert session == locked
    assert (session.uuid, session.customer.reference) == (claims.session, claims.reference)


@pytest.mark.parametrize(
    "changes", [{"reference": "DE--0"}, {"session": "00000000-0000-0000-0000-000000000000"}]
)
async def test_claims_of_another_customer_or_session_are_refused(shop, claims, changes):
    values = {
        "session": claims.session,
        "reference": claims.reference,
        "token_id": claims.token_id,
    }
    forged = Claims(**(values | changes))

    with pytest.raises(TokenRefused):
        await shop.container.units.read_as(forged, pytest.fail)
    with pytest.raises(TokenRefused):
        await shop.container.units.write_as(forged, pytest.fail)


async def test_a_session_is_over_at_the_moment_it_expires(shop, claims):
    shop.clock.advance(days=90, microseconds=-1)
    await shop.container.units.read_as(claims, lambda _, session: session)
    shop.clock.advance(microseconds=1)

    with pytest.raises(TokenRefused):
        await shop.container.units.read_as(claims, pytest.fail)
    with pytest.raises(TokenRefused):
        await shop.container.units.write_as(claims, pytest.fail)


async def test_write_that_waited_while_its_session_ended_is_refused(shop):
    """On PostgreSQL a waiting statement sees what was before the wait, unless it locks the row."""
    ada = await shop.account()
    verified = shop.container.access_tokens.verify(ada.access_token)
    claims = Claims(verified.session, ada.reference, verified.token_id)
    has_lock, may_end = threading.Event(), threading.Event()
    other = build(shop.container.settings, clock=shop.clock, plugins=())

    def end_sessions(connection):
        customer = customers.lock(connection, CustomerId(1))
        has_lock.set()
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_sleep(0.3)))
        repository.end_all_sessions(
            connection, customer.id, EndReason.LOGGED_OUT, now=shop.clock.now()
        )

    async def write_late():
        await asyncio.to_thread(has_lock.wait, 10)
        await other.units.write_as(claims, lambda _connection, _session: may_end.set())

    ended, late = await asyncio.gather(
        shop.container.units.write(end_sessions), write_late(), return_exceptions=True
    )
    await other.close()

    assert ended is None
    assert isinstance(late, TokenRefused)
    assert not may_end.is_set()
