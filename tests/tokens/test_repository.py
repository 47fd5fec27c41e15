import pytest

from customer_api.core.errors import TokenRefused
from customer_api.core.types import Claims


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
