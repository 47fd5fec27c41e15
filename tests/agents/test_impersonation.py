"""Operators who act as customers: what is left as evidence, and when it is over."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete

from customer_api.audit import repository as audit
from customer_api.audit.models import AuditEventRow
from customer_api.core.errors import TokenRefused
from customer_api.core.types import Claims
from customer_api.customers.models import CustomerRow, ImpersonationClaims
from customer_api.operators.models import OperatorSessionRow
from customer_api.tokens.models import SessionRow
from tests.agents.test_sessions import lose_the_flag, remove, revoke, set_password
from tests.recorded import recorded
from tests.shop import AGENT, OTHER_PASSWORD, PASSWORD, address, only_error
from tests.tables import rows

INVALID = (401, "001", "Invalid access token.")
REFRESH_FAILED = (401, "004", "Failed to refresh token.")
USED = "customer.impersonation_used"


@pytest.fixture
async def agent(shop):
    return await shop.agent()


@pytest.fixture
async def ada(shop):
    return await shop.account()


@pytest.fixture
async def acting(shop, ada, agent):
    """The tokens with which the agent acts as Ada."""
    return await shop.impersonate(ada, agent)


async def trail(shop, actor):
    """Return action, subject and fields of all that an operator did, the oldest first."""
    events = await rows(shop, AuditEventRow)
    return [(it.action, it.subject, it.fields) for it in events if it.actor == actor.reference]


def reason_of(answer):
    return answer.json()["errors"][0].get("meta", {}).get("reason")


@pytest.mark.contract("agent-16")
@pytest.mark.promise("S60")
async def test_each_use_is_an_audit_event(shop, ada, agent, acting):
    profile = f"/customers/{ada.reference}"
    read = await shop.call("GET", f"{profile}?include=addresses", by=acting)
    await shop.call("HEAD", "/customers", by=acting)
    await shop.call("POST", f"{profile}/addresses", address(), by=acting)
    await shop.call("PATCH", profile, {"lastName": "King", "firstName": "Ada"}, by=acting)
    await shop.call("GET", "/sessions", by=acting)

    found = await trail(shop, agent)
    _, _, fields = found.pop(3)
    assert sorted(fields.split(",")) == sorted(["POST addresses", *address()])
    assert found == [
        ("customer.impersonated", ada.reference, ""),
        (USED, ada.reference, "GET customers"),
        (USED, ada.reference, "GET customers"),
        (USED, ada.reference, "PATCH customers,firstName,lastName"),
        (USED, ada.reference, "GET sessions"),
    ]
    events = await rows(shop, AuditEventRow)
    assert {it.actor_kind for it in events if it.actor} == {"operator"}
    assert read.headers["x-request-id"] in {it.request_id for it in events}
    assert "ada@" not in str(events)


async def test_the_customers_own_requests_are_no_events(shop, ada):
    before = await rows(shop, AuditEventRow)

    await shop.call("GET", "/customers", by=ada)
    await shop.call("PATCH", f"/customers/{ada.reference}", {"firstName": "A"}, by=ada)

    assert await rows(shop, AuditEventRow) == before


async def test_what_is_done_wrong_changed_nothing_and_leaves_no_event(shop, ada, agent, acting):
    path = f"/customers/{ada.reference}"

    await shop.call("PATCH", path, {"firstName": ""}, by=acting)
    await shop.call("DELETE", f"{path}/addresses/unknown", by=acting)

    assert [action for action, *_ in await trail(shop, agent)] == ["customer.impersonated"]


async def test_trying_what_only_the_customer_may_do_is_an_event(shop, ada, agent, acting):
    path = f"/customers/{ada.reference}"
    password = {"password": "x", "newPassword": PASSWORD, "confirmPassword": PASSWORD}
    before = await rows(shop, CustomerRow)

    await shop.call("PATCH", path, {"email": "x@shop.example"}, by=acting)
    await shop.call("PATCH", f"/customer-password/{ada.reference}", password, by=acting)
    await shop.call("DELETE", "/sessions/mine", by=acting)
    await shop.call("POST", f"{path}/order-claims", {}, by=acting)
    await shop.call("GET", f"{path}/personal-data", by=acting)
    await shop.call("DELETE", path, by=acting)

    assert [event[2] for event in (await trail(shop, agent))[1:]] == [
        "PATCH customers,email",
        ",".join(["PATCH customer-password", *password]),
        "DELETE sessions",
        "POST order-claims",
        "GET personal-data",
        "DELETE customers",
    ]
    assert await rows(shop, CustomerRow) == before


async def test_a_read_that_finds_nothing_is_an_event_all_the_same(shop, agent, acting):
    await shop.call("GET", "/customers/DE--0000000000", by=acting)

    assert (await trail(shop, agent))[-1][::2] == (USED, "GET customers")


async def test_a_repeated_request_with_a_key_is_an_event_of_each_transaction(
    shop, ada, agent, acting
):
    path, key = f"/customers/{ada.reference}/addresses", {"Idempotency-Key": "8e03978e"}
    first = await shop.call("POST", path, address(), by=acting, headers=key)
    again = await shop.call("POST", path, address(), by=acting, headers=key)

    assert first.content == again.content
    ids = [it.request_id for it in await rows(shop, AuditEventRow) if it.action == USED]
    assert ids == [first.headers["x-request-id"]] * 2 + [again.headers["x-request-id"]]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_what_leaves_no_trace_is_neither_done_nor_shown(
    shop, ada, acting, method, monkeypatch
):
    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(audit, "add", fail)
    attributes = {"firstName": "Eve"} if method == "PATCH" else None
    answer = await shop.call(method, f"/customers/{ada.reference}", attributes, by=acting)

    assert answer.status_code == 500
    profile = await shop.call("GET", f"/customers/{ada.reference}", by=ada)
    assert profile.json()["data"]["attributes"]["firstName"] == "Ada"


@pytest.mark.contract("agent-17")
@pytest.mark.promise("S59")
@pytest.mark.parametrize("happen", [lose_the_flag, remove, set_password, revoke])
async def test_it_is_over_with_what_the_operator_has(office, ada, agent, acting, happen):
    shop = office.shop
    before = await shop.is_logged_in(acting)

    done = await happen(office, agent)

    assert done.status_code < 300, done.text
    used = await shop.call("GET", "/customers", by=acting)
    changed = await shop.call("PATCH", f"/customers/{ada.reference}", {}, by=acting)
    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": acting.refresh_token})
    seen = (await shop.call("GET", "/sessions", by=ada)).json()["data"]
    assert before is True
    assert [only_error(it) for it in (used, changed, refreshed)] == [INVALID] * 2 + [REFRESH_FAILED]
    assert [reason_of(it) for it in (used, changed, refreshed)] == ["agent_ended"] * 3
    assert [it["attributes"]["isImpersonation"] for it in seen] == [False]


@pytest.mark.contract("agent-17")
async def test_being_made_an_agent_again_brings_nothing_back(shop, office, agent, acting):
    await lose_the_flag(office, agent)
    await office.call("PATCH", f"/operators/{agent.reference}", {"isAgent": True})
    assert (await shop.log_in_agent()).status_code == 201

    assert only_error(await shop.call("GET", "/customers", by=acting)) == INVALID


@pytest.mark.contract("agent-17")
async def test_it_does_not_outlive_the_agents_session(shop, ada, agent):
    shop.clock.advance(hours=7)
    late = await shop.impersonate(ada, agent)
    shop.clock.advance(hours=5)

    used = await shop.call("GET", "/customers", by=late)

    assert (only_error(used), reason_of(used)) == (INVALID, "agent_ended")


async def test_it_is_over_when_nothing_is_left_of_the_agents_session(shop, acting):
    await shop.container.units.write(lambda it: it.execute(delete(OperatorSessionRow)))

    used = await shop.call("GET", "/customers", by=acting)
    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": acting.refresh_token})

    assert (only_error(used), reason_of(used)) == (INVALID, "agent_ended")
    assert only_error(refreshed) == REFRESH_FAILED


async def log_out_everywhere(shop, ada):
    return await shop.call("DELETE", "/refresh-tokens/mine", by=ada)


async def change_password(shop, ada):
    attributes = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    return await shop.call("PATCH", f"/customer-password/{ada.reference}", attributes, by=ada)


async def restore(shop, ada):
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    return await shop.restore(await shop.mailed_key())


async def change_email(shop, ada):
    await shop.change_email(ada, "new@shop.example")
    return await shop.confirm_email(await shop.mailed_key("email/confirm"))


async def erase(shop, ada):
    return await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)


@pytest.mark.contract("agent-17")
@pytest.mark.promise("G3")
@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (log_out_everywhere, "logged_out"),
        (change_password, "password_changed"),
        (restore, "password_changed"),
        (change_email, "email_changed"),
        (erase, "erased"),
    ],
)
async def test_it_is_over_with_the_customers_other_sessions(shop, ada, acting, happen, reason):
    done = await happen(shop, ada)

    assert done.status_code == 204, done.text
    used = await shop.call("GET", "/customers", by=acting)
    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": acting.refresh_token})
    assert (only_error(used), reason_of(used)) == (INVALID, reason)
    assert only_error(refreshed) == REFRESH_FAILED


async def test_the_end_of_one_does_not_end_another(shop, ada, agent, acting):
    eve = await shop.account("eve@shop.example")
    other = await shop.impersonate(eve, agent)

    await shop.call("DELETE", "/refresh-tokens/mine", by=acting)

    assert await shop.is_logged_in(other)
    assert (await shop.call("GET", "/customer-access", headers=header_of(agent))).status_code == 200


def header_of(agent):
    return {"X-Agent-Authorization": f"Bearer {agent.access_token}"}


async def test_a_session_of_an_operator_is_no_customers_and_the_reverse(shop, ada, acting):
    """A token that says of its session what it is not would be forged; it is refused all the same."""
    tokens = shop.container.access_tokens
    units = shop.container.units
    theirs, own = (tokens.verify(it.access_token) for it in (acting, ada))
    as_customer = Claims(theirs.session, ada.reference, theirs.token_id)
    as_operator = ImpersonationClaims(own.session, ada.reference, own.token_id, "", "GET customers")

    for claims in (as_customer, as_operator):
        with pytest.raises(TokenRefused):
            await units.read_as(claims, pytest.fail)
        with pytest.raises(TokenRefused):
            await units.write_as(claims, pytest.fail)


async def test_sessions_of_operators_are_kept_no_longer_than_those_they_hang_on(shop, acting):
    _, theirs = await rows(shop, SessionRow)

    assert theirs.expires_at - theirs.created_at == timedelta(hours=12)
    assert theirs.operator_session_uuid is not None


async def test_acting_as_a_customer_is_a_security_event(shop, ada, agent, caplog):
    caplog.set_level(logging.INFO)

    acting = await shop.impersonate(ada, agent)
    await shop.call("DELETE", "/refresh-tokens/mine", by=acting)

    session = shop.container.access_tokens.verify(acting.access_token).session
    begun, ended = recorded(caplog)
    assert begun[0] == "customer_impersonated"
    expected = {"reference": ada.reference, "operator": agent.reference, "session": session}
    assert begun[1] == expected
    assert ended[0] == "sessions_ended"
    assert ended[1]["session"] == session


async def test_an_unconfirmed_customer_can_be_acted_as(shop, agent):
    created = await shop.register()
    reference = created.json()["data"]["id"]
    ada = replace(agent, reference=reference)

    acting = await shop.impersonate(ada, agent)

    assert await shop.is_logged_in(acting)
    assert (await shop.log_in()).status_code == 401
    assert AGENT not in (await shop.call("GET", "/customers", by=acting)).text


@pytest.mark.usefixtures("acting")
async def test_the_back_office_tells_it_from_the_customers_own_sessions(office, ada):
    listed = await office.call("GET", f"/customers/{ada.reference}/sessions")

    shown = [it["attributes"]["isImpersonation"] for it in listed.json()["data"]]
    assert sorted(shown) == [False, True]
