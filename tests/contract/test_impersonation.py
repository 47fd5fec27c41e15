"""Tokens with which agents act as customers."""

import json

import pytest

from tests.contract.test_access_tokens import claims_of
from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, PASSWORD, address, only_error

rule = pytest.mark.contract
PATH = "/agent-customer-impersonation-access-tokens"
AGENT_ONLY = (401, "4103", "Action is available to agent user only.")
FAILED = (401, "4104", "Failed to impersonate a customer.")
INVALID = (401, "001", "Invalid access token.")
UNAUTHORIZED = (403, "411", "Unauthorized request.")


@rule("agent-9", "agent-2")
@pytest.mark.parametrize("header", ["Authorization", "X-Agent-Authorization"])
async def test_an_agent_gets_tokens_that_act_as_a_customer(shop, header):
    agent, ada = await shop.agent(), await shop.account()
    headers = {header: f"Bearer {agent.access_token}"}

    answer = await shop.call("POST", PATH, {"customerReference": ada.reference}, headers=headers)

    assert answer.status_code == 201
    data = answer.json()["data"]
    tokens = data["attributes"]
    assert data == {
        "type": PATH[1:],
        "id": None,
        "attributes": {
            "tokenType": "Bearer",
            "expiresIn": 28800,
            "accessToken": tokens["accessToken"],
            "refreshToken": tokens["refreshToken"],
        },
        "links": {"self": f"http://api.shop.example/v1{PATH}"},
    }


@rule("jwt-7", "jwt-5", "jwt-3")
async def test_the_token_names_the_customer_and_the_operator_who_acts(shop):
    agent, ada = await shop.agent(), await shop.account()

    claims = claims_of((await shop.impersonate(ada, agent)).access_token)

    assert set(claims) == {"aud", "jti", "iat", "nbf", "exp", "sub", "scopes", "sid", "act"}
    assert claims["scopes"] == ["customer_impersonation"]
    assert claims["act"] == {"sub": agent.reference}
    assert json.loads(claims["sub"]) == {
        "customer_reference": ada.reference,
        "id_company_user": None,
        "id_agent": agent.reference,
    }


@rule("jwt-4")
async def test_with_plain_subjects_the_operator_is_in_the_actor_alone(open_shop):
    shop = await open_shop(token_subject="plain")
    agent, ada = await shop.agent(), await shop.account()

    acting = await shop.impersonate(ada, agent)

    claims = claims_of(acting.access_token)
    assert (claims["sub"], claims["act"]) == (ada.reference, {"sub": agent.reference})
    assert await shop.is_logged_in(acting)


@rule("agent-10", "check-21", "err-4103")
async def test_only_an_agent_can_act_as_a_customer(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)
    attributes = {"customerReference": ada.reference}

    without = await shop.call("POST", PATH, attributes)
    customer = await shop.call("POST", PATH, attributes, by=ada)
    impersonation = await shop.call("POST", PATH, attributes, by=acting)
    garbage = await shop.call("POST", PATH, attributes, headers={"Authorization": "Bearer x"})

    assert [only_error(it) for it in (without, customer, impersonation)] == [AGENT_ONLY] * 3
    assert only_error(garbage) == INVALID


@rule("agent-10", "check-7")
async def test_the_checks_come_in_their_order(shop):
    agent = await shop.agent()
    wrong = {"data": {"type": "customers", "attributes": {}}}
    guest = agent.headers | {"X-Anonymous-Customer-Unique-Id": "guest"}
    header = {"X-Agent-Authorization": f"Bearer {agent.access_token}"}

    of_type = await shop.client.post(PATH, json=wrong)
    mixed = await shop.call("POST", PATH, {}, headers=guest)
    garbage = await shop.call("POST", PATH, {}, headers={**header, "Authorization": "Bearer x"})

    assert only_error(of_type) == (400, None, "Invalid type.")
    assert only_error(mixed)[:2] == (400, "005")
    assert only_error(garbage) == INVALID


@rule("agent-11", "err-4104")
@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"customerReference": ""},
        {"customerReference": None},
        {"customerReference": 1},
        {"customerReference": ["DE--1"]},
        {"customerReference": "DE--0000000000"},
        {"customerReference": "x" * 500},
        {"reference": "DE--1"},
    ],
    ids=str,
)
async def test_there_must_be_such_a_customer(shop, attributes):
    agent = await shop.agent()

    assert only_error(await shop.call("POST", PATH, attributes, by=agent)) == FAILED


@rule("agent-11")
async def test_a_deleted_customer_is_nobody_to_act_as(shop):
    agent, ada = await shop.agent(), await shop.account()
    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    answer = await shop.call("POST", PATH, {"customerReference": ada.reference}, by=agent)

    assert only_error(answer) == FAILED


@rule("agent-12")
async def test_the_token_acts_as_the_customer(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)
    profile = f"/customers/{ada.reference}"
    book = f"{profile}/addresses"

    changed = await shop.call("PATCH", profile, {"firstName": "Augusta"}, by=acting)
    added = await shop.call("POST", book, address(), by=acting)
    entry = f"{book}/{added.json()['data']['id']}"
    moved = await shop.call("PATCH", entry, {"city": "Hamburg"}, by=acting)
    read = [
        await shop.call("GET", path, by=acting)
        for path in ("/customers", profile, book, entry, "/orders", f"{profile}/orders")
    ]
    removed = await shop.call("DELETE", entry, by=acting)

    assert (changed.status_code, added.status_code, moved.status_code) == (200, 201, 200)
    assert {it.status_code for it in read} == {200}
    assert removed.status_code == 204
    seen = (await shop.call("GET", profile, by=ada)).json()["data"]["attributes"]
    assert seen["firstName"] == "Augusta"


@rule("agent-12", "agent-13")
@pytest.mark.promise("S60")
async def test_what_only_the_customer_may_do_is_refused(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)
    profile = f"/customers/{ada.reference}"
    new_password = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    _, own = (await shop.call("GET", "/sessions", by=ada)).json()["data"]

    refused = [
        await shop.call("PATCH", f"/customer-password/{ada.reference}", new_password, by=acting),
        await shop.call("PATCH", profile, {"email": "new@shop.example"}, by=acting),
        await shop.call("PATCH", profile, {"email": "ADA@shop.example"}, by=acting),
        await shop.call("DELETE", profile, by=acting),
        await shop.call("GET", f"{profile}/personal-data", by=acting),
        await shop.call("DELETE", f"/sessions/{own['id']}", by=acting),
        await shop.call("DELETE", "/sessions/unknown", by=acting),
    ]
    foreign = await shop.call("DELETE", f"/refresh-tokens/{ada.refresh_token}", by=acting)

    assert [only_error(it) for it in refused] == [UNAUTHORIZED] * 7
    assert foreign.status_code == 204
    assert await shop.is_logged_in(ada)
    assert (await shop.log_in()).status_code == 201
    assert len(await shop.mails()) == 1  # of the registration


@rule("agent-13")
async def test_a_profile_that_is_sent_whole_may_have_the_present_email(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)
    values = {"email": ada.email, "lastName": "King", "password": PASSWORD}

    answer = await shop.call(
        "PATCH", f"/customers/{ada.reference}", values | {"confirmPassword": PASSWORD}, by=acting
    )

    assert answer.status_code == 200
    assert answer.json()["data"]["attributes"]["lastName"] == "King"


@rule("agent-14", "session-2", "session-4")
async def test_the_customer_sees_who_acts_in_their_place_and_can_end_it(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)

    theirs, own = (await shop.call("GET", "/sessions", by=ada)).json()["data"]
    ended = await shop.call("DELETE", f"/sessions/{theirs['id']}", by=ada)

    assert theirs["attributes"]["isImpersonation"] is True
    assert theirs["attributes"]["device"] is None
    assert own["attributes"]["isImpersonation"] is False
    assert ended.status_code == 204
    refused = await shop.call("GET", "/customers", by=acting)
    assert only_error(refused) == INVALID
    assert refused.json()["errors"][0]["meta"] == {"reason": "logged_out"}


@rule("agent-14", "data-2", "data-8")
async def test_the_export_shows_what_was_done_in_the_customers_place(shop):
    agent, ada = await shop.agent(), await shop.account()
    acting = await shop.impersonate(ada, agent)
    await shop.call("GET", f"/customers/{ada.reference}/addresses", by=acting)
    await shop.call("PATCH", f"/customers/{ada.reference}", {"lastName": "King"}, by=acting)

    answer = await shop.call("GET", f"/customers/{ada.reference}/personal-data", by=ada)

    parts = answer.json()["data"]["attributes"]
    events = [(it["actor"], it["action"], it["fields"]) for it in parts["auditEvents"]]
    assert events == [
        (agent.reference, "customer.impersonated", ""),
        (agent.reference, "customer.impersonation_used", "GET addresses"),
        (agent.reference, "customer.impersonation_used", "PATCH customers,lastName"),
    ]
    own, theirs = parts["sessions"]
    assert own["operatorSessionUuid"] is None
    assert theirs["operatorSessionUuid"] == claims_of(agent.access_token)["sid"]


@ONE_DATABASE
@rule("agent-15", "refresh-1")
async def test_the_tokens_are_refreshed_for_the_same_operator_and_customer(shop):
    agent, ada = await shop.agent(), await shop.account()
    acting = await shop.impersonate(ada, agent)

    answer = await shop.call("POST", "/refresh-tokens", {"refreshToken": acting.refresh_token})

    assert answer.status_code == 201
    before = claims_of(acting.access_token)
    after = claims_of(answer.json()["data"]["attributes"]["accessToken"])
    same = ("sub", "act", "scopes", "sid")
    assert [after[name] for name in same] == [before[name] for name in same]


@rule("agent-15", "refresh-2", "refresh-3")
@pytest.mark.parametrize("which", ["mine", "{token}"])
async def test_logging_out_ends_the_impersonation_alone(shop, which):
    ada = await shop.account()
    acting = await shop.impersonate(ada)
    path = f"/refresh-tokens/{which.format(token=acting.refresh_token)}"

    answer = await shop.call("DELETE", path, by=acting)

    assert answer.status_code == 204
    assert not await shop.is_logged_in(acting)
    assert await shop.is_logged_in(ada)


@rule("agent-15", "session-4")
async def test_an_impersonation_can_end_itself(shop):
    ada = await shop.account()
    acting = await shop.impersonate(ada)
    uuid = claims_of(acting.access_token)["sid"]

    answer = await shop.call("DELETE", f"/sessions/{uuid}", by=acting)

    assert answer.status_code == 204
    assert not await shop.is_logged_in(acting)
