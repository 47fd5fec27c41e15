"""Sessions of agents: for the storefront alone, and over when the operator is an agent no more."""

import logging

import pytest

from customer_api.operators import repository
from customer_api.operators.models import OperatorSessionRow
from tests.recorded import recorded
from tests.shop import AGENT, OTHER_PASSWORD, PASSWORD, only_error
from tests.tables import rows

INVALID = (401, "001", "Invalid access token.")
AGENT_INVALID = (401, "4102", "Agent access token is invalid.")
REFRESH_FAILED = (401, "004", "Failed to refresh token.")


async def use(shop, agent):
    """Send an agent's token along where any agent would do."""
    headers = {"X-Agent-Authorization": f"Bearer {agent.access_token}"}
    return await shop.call("GET", "/customer-access", headers=headers)


async def refresh(shop, agent):
    return await shop.call("POST", "/refresh-tokens", {"refreshToken": agent.refresh_token})


async def lose_the_flag(office, agent):
    return await office.call("PATCH", f"/operators/{agent.reference}", {"isAgent": False})


async def remove(office, agent):
    return await office.call("DELETE", f"/operators/{agent.reference}")


async def set_password(office, agent):
    link = await office.call("POST", f"/operators/{agent.reference}/password-links")
    key = link.json()["data"]["attributes"]["passwordLink"].rpartition("=")[2]
    attributes = {"key": key, "password": OTHER_PASSWORD}
    return await office.call("POST", "/operator-passwords", attributes, token="")


async def revoke(office, agent):
    return await office.form("/revoke", token=agent.refresh_token)


@pytest.mark.contract("agent-8")
@pytest.mark.promise("S59")
@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (lose_the_flag, "agent_ended"),
        (remove, None),
        (set_password, "password_changed"),
        (revoke, "logged_out"),
    ],
)
async def test_an_agents_tokens_die_at_once(shop, office, happen, reason):
    agent = await shop.agent()
    before = await use(shop, agent)

    done = await happen(office, agent)

    assert done.status_code < 300, done.text
    used, refreshed = await use(shop, agent), await refresh(shop, agent)
    assert before.status_code == 200
    assert only_error(used) == AGENT_INVALID
    assert used.json()["errors"][0].get("meta", {}).get("reason") == reason
    assert only_error(refreshed) == REFRESH_FAILED


@pytest.mark.contract("agent-8")
async def test_an_agents_session_ends_after_its_time(shop):
    agent = await shop.agent()
    shop.clock.advance(hours=12)

    assert only_error(await use(shop, agent)) == AGENT_INVALID
    assert only_error(await refresh(shop, agent)) == REFRESH_FAILED


async def test_becoming_an_agent_again_brings_no_session_back(shop, office):
    agent = await shop.agent()
    path = f"/operators/{agent.reference}"
    await office.call("PATCH", path, {"isAgent": False})
    await office.call("PATCH", path, {"isAgent": True})

    assert only_error(await use(shop, agent)) == AGENT_INVALID
    assert (await shop.log_in_agent()).status_code == 201


async def test_the_flag_itself_is_looked_at_in_every_request(shop):
    """Were the sessions not ended with it, they would be good for nothing all the same."""
    agent = await shop.agent()

    def take_the_flag(connection):
        operator = repository.get_operator(connection, agent.reference)
        repository.change_operator(
            connection, operator.id, role=operator.role, is_agent=False, now=shop.clock.now()
        )

    await shop.container.units.write(take_the_flag)

    assert only_error(await use(shop, agent)) == AGENT_INVALID
    assert only_error(await refresh(shop, agent)) == REFRESH_FAILED


async def test_the_session_in_the_back_office_is_another_one_and_goes_on(shop, office):
    agent = await shop.agent()
    token = await office.token_of(AGENT)
    await office.call("PATCH", f"/operators/{agent.reference}", {"isAgent": False})

    answer = await office.call("GET", "/operators", token=token)

    assert only_error(answer)[:2] == (403, "1240")  # the role has no such scope; the token is good
    _, *sessions = await rows(shop, OperatorSessionRow)
    assert [(it.audience, it.end_reason) for it in sessions] == [
        ("storefront", "agent_ended"),
        ("back_office", None),
    ]


@pytest.mark.contract("agent-6")
@pytest.mark.promise("S58")
async def test_tokens_of_agents_and_of_the_back_office_are_good_in_their_own_place_alone(
    shop, office
):
    agent = await shop.agent()
    login = (await office.log_in(AGENT)).json()["data"]["attributes"]

    in_office = await office.call("GET", "/operators", token=agent.access_token)
    refreshed_in_office = await office.form(
        "/token", grant_type="refresh_token", refresh_token=agent.refresh_token
    )
    here = [
        await shop.call("GET", "/customers", headers={name: f"Bearer {login['accessToken']}"})
        for name in ("Authorization", "X-Agent-Authorization")
    ]
    refreshed_here = await shop.call(
        "POST", "/refresh-tokens", {"refreshToken": login["refreshToken"]}
    )

    assert only_error(in_office) == INVALID
    assert refreshed_in_office.json()["error"] == "invalid_grant"
    assert [only_error(it) for it in here] == [INVALID, AGENT_INVALID]
    assert only_error(refreshed_here) == REFRESH_FAILED
    assert (await use(shop, agent)).status_code == 200


async def test_logins_of_agents_are_security_events(shop, caplog):
    uuid = await shop.operator(AGENT, is_agent=True)
    caplog.set_level(logging.INFO)

    await shop.log_in_agent()
    await shop.log_in_agent(password="wrong")
    await shop.call("GET", "/customer-access", headers={"X-Agent-Authorization": "Bearer a.b.c"})

    success, failure, refused = recorded(caplog)
    assert success[0] == "operator_login_succeeded"
    assert success[1]["operator"] == uuid
    assert failure == ("operator_login_failed", {})
    assert refused == ("access_token_refused", {"reason": "forged"})


async def test_who_stops_being_an_agent_while_the_password_is_compared_is_not_logged_in(
    shop, office, monkeypatch
):
    uuid = await shop.operator(AGENT, is_agent=True)
    lock = repository.lock_operator

    def lock_after_a_change(connection, operator_id):
        operator = lock(connection, operator_id)
        return repository.change_operator(
            connection, operator_id, role=operator.role, is_agent=False, now=shop.clock.now()
        )

    monkeypatch.setattr(repository, "lock_operator", lock_after_a_change)
    answer = await shop.log_in_agent()

    assert only_error(answer) == (401, "4101", "Failed to authenticate an agent.")
    assert uuid
    assert PASSWORD not in answer.text
    assert await rows(shop, OperatorSessionRow) == [
        it for it in await rows(shop, OperatorSessionRow) if it.audience == "back_office"
    ]
