"""Clients of the API: their secrets, their scopes, and that both end at once."""

import asyncio

import pytest

from customer_api.operators.models import ClientSecretRow
from customer_api.operators.scopes import Role, Scope
from tests.shop import only_error
from tests.tables import rows

SCOPES = ("clients:write", "orders:read", "orders:write", "customers:read", "customers:write")
NEW = {"name": "order system", "scopes": ["clients:write"]}
GONE = (401, "001", "Invalid access token.")
REFUSED = (403, "1240", "insufficient_scope")


def of(answer):
    return answer.json()["data"]


async def works(office, client):
    answer = await office.form("/token", basic=client, grant_type="client_credentials")
    return answer.status_code == 200


async def test_an_administrator_adds_a_client_whose_secret_is_shown_once(office):
    created = of(await office.call("POST", "/clients", NEW))
    client = (created["id"], created["meta"]["clientSecret"])
    token = await office.client_token(client)

    seen = await office.call("GET", f"/clients/{client[0]}", token=token)
    listed = await office.call("GET", "/clients", token=token)

    assert created["attributes"] == {
        "name": "order system",
        "scopes": ["clients:write"],
        "allowedGrants": ["client_credentials"],
        "oldSecretExpiresAt": None,
        "createdAt": created["attributes"]["createdAt"],
        "updatedAt": created["attributes"]["updatedAt"],
    }
    assert "meta" not in of(seen)
    assert of(listed) == [of(seen)]
    assert client[1] not in seen.text


async def test_after_a_rotation_both_secrets_are_good_for_a_day(office):
    client = await office.client(Scope.CLIENTS_WRITE)
    rotated = of(await office.call("POST", f"/clients/{client[0]}/secrets"))
    new = (client[0], rotated["meta"]["clientSecret"])

    assert [await works(office, it) for it in (client, new)] == [True, True]
    office.shop.clock.advance(hours=24)
    assert [await works(office, it) for it in (client, new)] == [False, True]
    assert rotated["attributes"]["oldSecretExpiresAt"] is not None


async def test_each_secret_stays_good_for_its_day_so_a_lost_answer_does_no_harm(office):
    in_use = await office.client(Scope.CLIENTS_WRITE)
    path = f"/clients/{in_use[0]}"
    await office.call("POST", f"{path}/secrets")  # whose answer is lost
    office.shop.clock.advance(minutes=1)
    rotated = of(await office.call("POST", f"{path}/secrets"))
    new = (in_use[0], rotated["meta"]["clientSecret"])

    assert rotated["attributes"]["oldSecretExpiresAt"] == "2026-03-15 09:27:53.589793"
    assert [await works(office, it) for it in (in_use, new)] == [True, True]
    office.shop.clock.advance(hours=24, minutes=-1)
    assert [await works(office, it) for it in (in_use, new)] == [False, True]


async def test_secrets_that_have_ended_are_deleted_by_the_next_rotation(office):
    client_id, _ = await office.client(Scope.CLIENTS_WRITE)
    for _ in range(3):
        await office.call("POST", f"/clients/{client_id}/secrets")
        office.shop.clock.advance(hours=24)

    assert len(await rows(office.shop, ClientSecretRow)) == 2


async def test_changes_at_the_same_time_are_both_done(office):
    client = of(await office.call("POST", "/clients", {**NEW, "scopes": list(SCOPES)}))
    path = f"/clients/{client['id']}"
    for scope in SCOPES:
        await asyncio.gather(
            office.call("PATCH", path, {"name": f"without {scope}"}),
            office.call("PATCH", path, {"scopes": [it for it in SCOPES if it != scope]}),
        )
        changed = of(await office.call("GET", path))["attributes"]

        assert changed["name"] == f"without {scope}"
        assert scope not in changed["scopes"]


async def test_scopes_that_are_taken_away_are_gone_from_tokens(office):
    client = await office.client(Scope.CLIENTS_WRITE, Scope.ORDERS_READ)
    token = await office.client_token(client)
    before = await office.call("GET", "/clients", token=token)

    changed = await office.call("PATCH", f"/clients/{client[0]}", {"scopes": ["orders:read"]})

    after = await office.call("GET", "/clients", token=token)
    assert (before.status_code, of(changed)["attributes"]["scopes"]) == (200, ["orders:read"])
    assert only_error(after) == REFUSED


async def test_scopes_that_are_added_take_a_new_token(office):
    client = await office.client(Scope.ORDERS_READ)
    token = await office.client_token(client)

    await office.call("PATCH", f"/clients/{client[0]}", {"scopes": ["clients:write"]})

    old = await office.call("GET", "/clients", token=token)
    new = await office.call("GET", "/clients", token=await office.client_token(client))
    assert (old.status_code, new.status_code) == (403, 200)


async def test_a_removed_client_is_refused_at_once(office):
    client = await office.client(Scope.CLIENTS_WRITE)
    token = await office.client_token(client)

    removed = await office.call("DELETE", f"/clients/{client[0]}")

    assert removed.status_code == 204
    assert only_error(await office.call("GET", "/clients", token=token)) == GONE
    assert not await works(office, client)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/secrets")):
        answer = await office.call(method, f"/clients/{client[0]}{path}")
        assert only_error(answer) == (404, "1255", "Client not found.")
    changed = await office.call("PATCH", f"/clients/{client[0]}", {"name": "x"})
    assert only_error(changed)[1] == "1255"


async def test_a_change_that_changes_nothing_is_no_change(office):
    created = of(await office.call("POST", "/clients", NEW))
    office.shop.clock.advance(minutes=1)
    path = f"/clients/{created['id']}"

    nothing = [{}, {"name": "order system"}, {"allowedGrants": ["client_credentials"]}]
    answers = [await office.call("PATCH", path, it) for it in nothing]
    changed = await office.call("PATCH", path, {"name": "shop", "allowedGrants": ["password"]})

    assert {of(it)["attributes"]["updatedAt"] for it in answers} == {
        created["attributes"]["updatedAt"]
    }
    assert of(changed)["attributes"]["allowedGrants"] == ["password"]
    assert of(changed)["attributes"]["name"] == "shop"


async def test_nobody_gives_what_they_do_not_have(office):
    strong = await office.client(Scope.CLIENTS_WRITE, Scope.CUSTOMERS_ERASE)
    weak = await office.client(Scope.CLIENTS_WRITE)
    token = await office.client_token(weak)
    more = {"scopes": ["clients:write", "customers:read"]}

    answers = [
        await office.call("POST", "/clients", NEW | more, token=token),
        await office.call("PATCH", f"/clients/{weak[0]}", more, token=token),
        await office.call("PATCH", f"/clients/{strong[0]}", {"name": "x"}, token=token),
        await office.call("POST", f"/clients/{strong[0]}/secrets", token=token),
    ]

    assert [only_error(it) for it in answers] == [REFUSED] * 4
    assert await works(office, strong)


@pytest.mark.parametrize(
    ("attributes", "details"),
    [
        ({}, ["name => This field is missing.", "scopes => This field is missing."]),
        (
            {"name": "x" * 101, "scopes": "orders:read", "allowedGrants": None},
            [
                "name => This value is too long. It should have 100 characters or less.",
                "scopes => This value should be of type array.",
                "allowedGrants => This value should be of type array.",
            ],
        ),
        (
            {"name": "x", "scopes": ["orders:read", 1], "allowedGrants": ["implicit"]},
            [
                "scopes => One or more of the given values is invalid.",
                "allowedGrants => One or more of the given values is invalid.",
            ],
        ),
    ],
)
async def test_bad_clients_are_refused_field_by_field(office, attributes, details):
    answer = await office.call("POST", "/clients", attributes)

    assert answer.status_code == 422
    assert [it["detail"] for it in answer.json()["errors"]] == details


async def test_a_support_operator_manages_neither(office):
    await office.operator("joe@shop.example", Role.SUPPORT)
    token = await office.token_of("joe@shop.example")

    answers = [await office.call("GET", path, token=token) for path in ("/clients", "/operators")]

    assert [only_error(it) for it in answers] == [REFUSED] * 2


@pytest.mark.parametrize(
    ("method", "attributes", "other"),
    [("PATCH", {"name": "orders"}, {"name": "others"}), ("DELETE", None, None)],
)
async def test_a_repeated_change_of_a_client_is_answered_as_the_first(
    office, method, attributes, other
):
    client_id, _ = await office.client(Scope.ORDERS_READ)
    path, headers = f"/clients/{client_id}", {"Idempotency-Key": "one"}

    first = await office.call(method, path, attributes, headers=headers)
    again = await office.call(method, path, attributes, headers=headers)

    assert first.status_code in {200, 204}
    assert (again.status_code, again.content) == (first.status_code, first.content)
    if other is not None:
        differs = await office.call(method, path, other, headers=headers)
        assert only_error(differs)[:2] == (422, "1241")
