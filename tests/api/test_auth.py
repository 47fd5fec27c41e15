import pytest
from starlette.requests import Request

from customer_api.api.auth import (
    AccessTokenMissing,
    AgentTokenInvalid,
    Authentication,
    IdentitiesMixed,
)
from customer_api.security.jwt import TokenInvalid


@pytest.fixture
async def token(shop):
    return (await shop.account()).access_token


@pytest.fixture
def authentication(shop):
    return Authentication(
        access_tokens=shop.container.access_tokens,
        subjects=shop.container.subjects,
        agents=shop.container.agents.units,
    )


def request(*values, **headers):
    raw = [(b"authorization", value.encode()) for value in values]
    raw += [(name.replace("_", "-").encode(), it.encode()) for name, it in headers.items()]
    return Request({"type": "http", "headers": raw})


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "  Bearer   {}  ", "Whatever {} rest"])
async def test_the_second_part_is_the_token_whatever_the_scheme(authentication, token, form):
    claims = await authentication.required(request(form.format(token)))

    assert claims.reference.startswith("DE--")
    assert claims == await authentication.optional(request(form.format(token)))


@pytest.mark.parametrize("values", [(), ("",), ("   ",)])
async def test_an_empty_header_counts_as_absent(authentication, values):
    assert await authentication.optional(request(*values)) is None
    with pytest.raises(AccessTokenMissing):
        await authentication.required(request(*values))


@pytest.mark.parametrize(
    "value", ["abc", "3485h7", "Bearer", "Bearer fake", "Bearer a.b.c", "Bearer \x7f"]
)
async def test_malformed_values_are_invalid(authentication, value):
    with pytest.raises(TokenInvalid):
        await authentication.required(request(value))


async def test_a_token_without_a_scheme_is_invalid(authentication, token):
    with pytest.raises(TokenInvalid):
        await authentication.required(request(token))


async def test_two_headers_are_invalid(authentication, token):
    with pytest.raises(TokenInvalid):
        await authentication.required(request(f"Bearer {token}", f"Bearer {token}"))


async def test_nobody_is_customer_and_guest_at_once(authentication, token):
    for value in (f"Bearer {token}", "garbage"):
        with pytest.raises(IdentitiesMixed):
            await authentication.required(request(value, x_anonymous_customer_unique_id="guest"))


async def test_a_guest_without_a_token_is_a_guest(authentication):
    assert await authentication.optional(request(x_anonymous_customer_unique_id="guest")) is None


async def test_an_empty_guest_id_does_not_count(authentication, token):
    claims = await authentication.required(
        request(f"Bearer {token}", x_anonymous_customer_unique_id=" ")
    )

    assert claims.reference


async def test_a_good_token_with_another_kind_of_subject_is_invalid(shop, authentication):
    foreign = shop.container.access_tokens.issue(
        subject="no json", session="5e551017", scopes=["customer"]
    )

    with pytest.raises(TokenInvalid):
        await authentication.required(request(f"Bearer {foreign}"))


@pytest.mark.parametrize("header", ["authorization", "x_agent_authorization"])
async def test_a_good_token_of_an_agent_with_another_kind_of_subject_is_invalid(
    shop, authentication, header
):
    foreign = shop.container.access_tokens.issue(
        subject='{"customer_reference": "DE--1"}', session="5e551017", scopes=["agent"]
    )
    refusals = {"authorization": TokenInvalid, "x_agent_authorization": AgentTokenInvalid}

    with pytest.raises(refusals[header]):
        await authentication.agent(request(**{header: f"Bearer {foreign}"}))
