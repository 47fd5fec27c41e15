"""Agents: operators who log in to the storefront."""

import json
import re

import pytest

from tests.contract.test_access_tokens import claims_of
from tests.contract.texts import ONE_DATABASE
from tests.shop import AGENT, OTHER_PASSWORD, PASSWORD, only_error

rule = pytest.mark.contract
LOGIN_FAILED = (401, "4101", "Failed to authenticate an agent.")
AGENT_INVALID = (401, "4102", "Agent access token is invalid.")
INVALID = (401, "001", "Invalid access token.")
NO_TOKEN = (403, "002", "Missing access token.")
BASE = "http://api.shop.example/v1"
BACK_OFFICE = "http://api.shop.example/back-office/v1"


def by_header(token):
    """Return the header that is the agents' own."""
    return {"X-Agent-Authorization": f"Bearer {token}"}


@rule("agent-1", "agent-2", "doc-5", "doc-6")
async def test_an_agent_logs_in(shop):
    await shop.operator(AGENT, is_agent=True)

    answer = await shop.log_in_agent(AGENT.upper())

    assert answer.status_code == 201
    data = answer.json()["data"]
    tokens = data["attributes"]
    assert data == {
        "type": "agent-access-tokens",
        "id": None,
        "attributes": {
            "tokenType": "Bearer",
            "expiresIn": 28800,
            "accessToken": tokens["accessToken"],
            "refreshToken": tokens["refreshToken"],
        },
        "links": {"self": f"{BASE}/agent-access-tokens"},
    }
    assert list(tokens) == ["tokenType", "expiresIn", "accessToken", "refreshToken"]
    assert re.fullmatch(r"[\w-]{20,64}", tokens["refreshToken"])


@rule("jwt-7", "jwt-5")
async def test_the_token_of_an_agent_names_the_operator_and_nobody_else(shop):
    agent = await shop.agent()

    claims = claims_of(agent.access_token)

    assert set(claims) == {"aud", "jti", "iat", "nbf", "exp", "sub", "scopes", "sid"}
    assert claims["scopes"] == ["agent"]
    assert json.loads(claims["sub"]) == {"id_agent": agent.reference}


@rule("jwt-4")
async def test_with_plain_subjects_the_subject_of_an_agent_is_the_bare_id(open_shop):
    shop = await open_shop(token_subject="plain")
    agent = await shop.agent()

    refreshed = await shop.call(
        "POST", "/refresh-tokens", {"refreshToken": agent.refresh_token}, headers=by_header("x")
    )

    assert claims_of(agent.access_token)["sub"] == agent.reference
    assert refreshed.status_code == 201
    on_a_customers = await shop.call("GET", "/customers", headers=by_header(agent.access_token))
    assert only_error(on_a_customers) == NO_TOKEN
    assert only_error(await shop.call("GET", "/customers", by=agent)) == INVALID


@rule("agent-3", "err-4101")
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"username": AGENT},
        {"password": PASSWORD},
        {"username": "", "password": ""},
        {"username": "  ", "password": "  "},
        {"username": None, "password": PASSWORD},
        {"username": AGENT, "password": ["x"]},
        {"username": AGENT, "password": 12},
        {"username": "no address", "password": "x"},
        {"username": AGENT, "password": OTHER_PASSWORD},
        {"username": "unknown@shop.example", "password": PASSWORD},
        {"username": "support@shop.example", "password": PASSWORD},
        {"username": "ada@shop.example", "password": PASSWORD},
    ],
    ids=str,
)
async def test_every_failure_of_an_agents_login_is_the_same(shop, attributes):
    await shop.account()
    await shop.operator("support@shop.example", is_agent=False)
    await shop.operator(AGENT, is_agent=True)

    answer = await shop.call("POST", "/agent-access-tokens", attributes)

    assert only_error(answer) == LOGIN_FAILED
    assert answer.headers["www-authenticate"] == 'Bearer realm="Access to shop API"'


@ONE_DATABASE
@rule("agent-3", "body-4", "body-6")
async def test_a_wrong_type_is_told_before_the_login(shop):
    body = {"data": {"type": "access-tokens", "attributes": {}}}

    answer = await shop.client.post("/agent-access-tokens", json=body)

    assert only_error(answer) == (400, None, "Invalid type.")


@ONE_DATABASE
@rule("auth-6")
@pytest.mark.parametrize("header", ["Authorization", "X-Agent-Authorization"])
async def test_an_old_token_does_not_keep_an_agent_from_logging_in(shop, header):
    await shop.operator(AGENT, is_agent=True)
    attributes = {"username": AGENT, "password": PASSWORD}

    answer = await shop.call(
        "POST", "/agent-access-tokens", attributes, headers={header: "Bearer old"}
    )

    assert answer.status_code == 201


@rule("agent-4")
async def test_agents_are_blocked_like_operators_and_together_with_them(shop):
    await shop.operator(AGENT, is_agent=True)
    for _ in range(10):
        assert only_error(await shop.log_in_agent(password="wrong")) == LOGIN_FAILED

    blocked = await shop.log_in_agent()
    in_the_back_office = await shop.call(
        "POST", "/access-tokens", {"username": AGENT, "password": PASSWORD}, base=BACK_OFFICE
    )

    assert only_error(blocked)[:2] == (429, "5900")
    assert only_error(in_the_back_office)[:2] == (429, "5900")


@ONE_DATABASE
@rule("agent-4")
async def test_a_login_that_lacks_something_counts_as_no_attempt(shop):
    await shop.operator(AGENT, is_agent=True)

    for _ in range(11):
        await shop.log_in_agent(password="")

    assert (await shop.log_in_agent()).status_code == 201


@rule("agent-6")
async def test_an_agent_is_no_customer(shop):
    agent = await shop.agent()
    ada = await shop.account()

    for path in ("/customers", f"/customers/{ada.reference}", "/sessions", "/customer-access"):
        assert only_error(await shop.call("GET", path, by=agent)) == INVALID
    by_both = await shop.call("GET", "/customers", by=ada, headers=by_header(agent.access_token))
    assert by_both.status_code == 200


@rule("check-6", "auth-9", "err-4102")
@pytest.mark.parametrize("token", ["garbage", "a.b.c", "{ada}", "{altered}"])
async def test_what_is_no_agents_token_in_the_agents_header_is_told_first(shop, token):
    agent, ada = await shop.agent(), await shop.account()
    altered = agent.access_token[:-6] + "AAAAAA"
    sent = token.format(ada=ada.access_token, altered=altered)
    headers = by_header(sent) | {"X-Anonymous-Customer-Unique-Id": "guest"}

    answer = await shop.call("GET", "/customers", by=ada, headers=headers)

    assert only_error(answer) == AGENT_INVALID


@ONE_DATABASE
@rule("auth-9")
@pytest.mark.parametrize("value", ["", "  ", "one-word", "Bearer"])
async def test_an_agents_header_without_scheme_and_token_is_not_looked_at(shop, value):
    ada = await shop.account()

    answer = await shop.call("GET", "/customers", by=ada, headers={"X-Agent-Authorization": value})

    assert answer.status_code == 200


@rule("agent-7", "refresh-1", "oauth-2")
async def test_an_agents_tokens_are_refreshed_like_a_customers(shop):
    agent = await shop.agent()

    answer = await shop.call("POST", "/refresh-tokens", {"refreshToken": agent.refresh_token})

    tokens = answer.json()["data"]["attributes"]
    claims = claims_of(tokens["accessToken"])
    assert answer.status_code == 201
    assert tokens["refreshToken"] != agent.refresh_token
    assert claims["scopes"] == ["agent"]
    assert claims["sid"] == claims_of(agent.access_token)["sid"]
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refreshToken"]}
    assert (await shop.client.post("/token", data=form)).status_code == 200


@rule("agent-7", "refresh-8")
async def test_a_refresh_token_of_an_agent_that_comes_back_late_ends_the_session(shop):
    agent = await shop.agent()
    first = {"refreshToken": agent.refresh_token}
    await shop.call("POST", "/refresh-tokens", first)
    shop.clock.advance(seconds=11)

    late = await shop.call("POST", "/refresh-tokens", first)
    used = await shop.call("GET", "/customers", headers=by_header(agent.access_token))

    assert only_error(late) == (401, "004", "Failed to refresh token.")
    assert only_error(used) == AGENT_INVALID
    assert used.json()["errors"][0]["meta"] == {"reason": "reused"}
