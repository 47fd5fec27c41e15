"""`/token`, `/revoke` and `/introspect` of the back office."""

import base64
import json
import logging
from urllib.parse import quote

import pytest

from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import BASE, ROOT
from tests.shop import PASSWORD, only_error

CREDENTIALS = {"grant_type": "client_credentials"}
EVERY_GRANT = ("client_credentials", "password", "refresh_token")


def login(email=ROOT, password=PASSWORD):
    return {"grant_type": "password", "username": email, "password": password}


def refresh(token):
    return {"grant_type": "refresh_token", "refresh_token": token}


def refusal(answer):
    assert answer.json()["error_description"]
    return answer.status_code, answer.json()["error"]


async def is_live(office, token):
    return (await office.call("GET", "/operators", token=token)).status_code == 200


async def test_a_client_gets_a_token_and_no_refresh_token(office):
    client = await office.client(Scope.ORDERS_READ, Scope.ORDERS_WRITE)

    answer = await office.form("/token", basic=client, **CREDENTIALS)

    body = answer.json()
    claims = json.loads(base64.urlsafe_b64decode(body["access_token"].split(".")[1] + "=="))
    assert answer.headers["cache-control"] == "no-store"
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["scope"]) == ("Bearer", "orders:read orders:write")
    assert claims["aud"] == "customer-api/back-office"
    assert claims["sub"] == client[0]


async def test_a_client_can_ask_for_less_and_not_for_more(office):
    client = await office.client(Scope.OPERATORS_WRITE, Scope.ORDERS_READ)
    less = await office.client_token(client, scope="orders:read orders:read")

    for scope in ("orders:write", "orders:read orders:write", "x", "orders:read x"):
        answer = await office.form("/token", basic=client, **CREDENTIALS, scope=scope)
        assert refusal(answer) == (400, "invalid_scope")

    assert not await is_live(office, less)
    assert await is_live(office, await office.client_token(client))


@pytest.mark.promise("S42")
async def test_a_client_must_be_who_it_says(office):
    client_id, secret = await office.client(Scope.ORDERS_READ)
    by_body = {"client_id": client_id, "client_secret": secret}
    wrong = [
        await office.form("/token", basic=(client_id, "wrong"), **CREDENTIALS),
        await office.form("/token", basic=("unknown", secret), **CREDENTIALS),
        await office.form("/token", **CREDENTIALS, client_id=client_id, client_secret="x"),
        await office.form("/token", **CREDENTIALS, client_secret=secret),
        await office.form("/token", **CREDENTIALS),
        await office.form("/introspect", token="x"),
    ]
    both = await office.form("/token", basic=(client_id, secret), **CREDENTIALS, **by_body)
    body = await office.form("/token", **CREDENTIALS, **by_body)

    assert {refusal(it) for it in wrong} == {(401, "invalid_client")}
    assert {it.headers["www-authenticate"].partition(" ")[0] for it in wrong} == {"Basic"}
    assert refusal(both) == (400, "invalid_request")
    assert body.status_code == 200


@pytest.mark.promise("S42")
async def test_the_parts_of_the_header_are_form_encoded(office):
    client_id, secret = await office.client(Scope.ORDERS_READ)
    encoded = "".join(f"%{byte:02x}" for byte in secret.encode())

    answer = await office.form("/token", basic=(quote(client_id), encoded), **CREDENTIALS)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "value", ["Basic", "Basic %", "Basic eA==", "Basic /w==", "Digest x", "Basic YTpi, Basic YTpi"]
)
async def test_a_header_that_cannot_be_read_is_no_authentication(office, value):
    answer = await office.shop.client.post(
        f"{BASE}/token", data=CREDENTIALS, headers={"Authorization": value}
    )

    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_an_old_bearer_token_does_not_keep_an_operator_from_logging_in(office):
    client = await office.client(Scope.ORDERS_READ)
    headers = {"Authorization": "Bearer old"}

    first = await office.shop.client.post(f"{BASE}/token", data=login(), headers=headers)
    again = await office.shop.client.post(
        f"{BASE}/token", data=refresh(first.json()["refresh_token"]), headers=headers
    )
    by_form = {**CREDENTIALS, "client_id": client[0], "client_secret": client[1]}
    of_client = await office.shop.client.post(f"{BASE}/token", data=by_form, headers=headers)
    nobody = await office.shop.client.post(f"{BASE}/token", data=CREDENTIALS, headers=headers)

    assert [it.status_code for it in (first, again, of_client)] == [200] * 3
    assert refusal(nobody) == (401, "invalid_client")


@pytest.mark.promise("S43")
async def test_a_client_uses_the_grants_it_may(office):
    of_people = await office.client(Scope.ORDERS_READ, grants=("password", "refresh_token"))
    of_machines = await office.client(Scope.ORDERS_READ)
    tokens = (await office.form("/token", basic=of_people, **login())).json()

    refused = [
        await office.form("/token", basic=of_people, **CREDENTIALS),
        await office.form("/token", basic=of_machines, **login()),
        await office.form("/token", basic=of_machines, **refresh(tokens["refresh_token"])),
    ]

    assert {refusal(it) for it in refused} == {(400, "unauthorized_client")}


@pytest.mark.promise("S43")
@pytest.mark.parametrize("grant", ["implicit", "authorization_code", "PASSWORD"])
async def test_other_grants_do_not_exist(office, grant):
    client = await office.client(Scope.ORDERS_READ, grants=EVERY_GRANT)

    answers = [
        await office.form("/token", grant_type=grant, redirect_uri="https://evil.example"),
        await office.form("/token", basic=client, grant_type=grant),
    ]

    assert {refusal(it) for it in answers} == {(400, "unsupported_grant_type")}
    assert not any("location" in it.headers for it in answers)


async def test_an_operator_logs_in_and_refreshes(office):
    first = (await office.form("/token", **login())).json()
    second = (await office.form("/token", **refresh(first["refresh_token"]))).json()
    repeated = (await office.form("/token", **refresh(first["refresh_token"]))).json()

    assert set(first) == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert first["scope"].split() == list(Scope)
    assert second["refresh_token"] == repeated["refresh_token"] != first["refresh_token"]
    assert await is_live(office, first["access_token"])
    assert await is_live(office, second["access_token"])


async def test_a_json_body_serves_as_well(office):
    answer = await office.shop.client.post(
        f"{BASE}/token", json={"grantType": "password", "username": ROOT, "password": PASSWORD}
    )

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body", [b"{", b"\xff=1", b"a=1&a=2", b"grant_type=%00", b"&".join([b"a"] * 60)]
)
async def test_a_body_that_cannot_be_read_is_refused(office, body):
    answers = [
        await office.shop.client.post(f"{BASE}/{path}", content=body)
        for path in ("token", "revoke", "introspect")
    ]

    assert {it.json()["error"] for it in answers} <= {"invalid_request", "unsupported_grant_type"}
    assert {it.status_code for it in answers} == {400}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"grant_type": ""},
        {"grant_type": "password"},
        login(password=""),
        {"grant_type": "refresh_token"},
    ],
)
async def test_a_grant_needs_its_parameters(office, parameters):
    assert refusal(await office.form("/token", **parameters)) == (400, "invalid_request")


async def test_wrong_passwords_and_unknown_operators_are_answered_alike(office):
    answers = [
        await office.form("/token", **login(password="wrong")),
        await office.form("/token", **login(email="nobody@shop.example")),
    ]

    assert {refusal(it) for it in answers} == {(400, "invalid_grant")}
    assert answers[0].content == answers[1].content


async def test_a_stolen_refresh_token_ends_the_session(office):
    first = (await office.form("/token", **login())).json()
    second = (await office.form("/token", **refresh(first["refresh_token"]))).json()
    office.shop.clock.advance(minutes=6)

    reused = await office.form("/token", **refresh(first["refresh_token"]))

    assert refusal(reused) == (400, "invalid_grant")
    assert not await is_live(office, second["access_token"])
    again = await office.form("/token", **refresh(second["refresh_token"]))
    assert refusal(again) == (400, "invalid_grant")


async def test_refreshing_is_limited_for_each_client_address(open_office):
    office = await open_office(client_refresh_limit=2)

    answers = [await office.form("/token", **refresh("x")) for _ in range(3)]

    assert [it.status_code for it in answers] == [400, 400, 429]
    assert refusal(answers[2]) == (429, "temporarily_unavailable")
    assert answers[2].headers["retry-after"] == "600"


async def test_a_new_key_ends_no_session(office, monkeypatch):
    first = (await office.form("/token", **login())).json()
    await office.form("/token", **refresh(first["refresh_token"]))
    ring = type(office.shop.container.access_tokens._ring)  # noqa: SLF001 - a process that rotated is simulated
    keys = ring.keys.fget
    monkeypatch.setattr(ring, "keys", property(lambda _: ()))
    looked = []

    def look(self):
        looked.append(True)
        monkeypatch.setattr(ring, "keys", property(keys))
        return True

    monkeypatch.setattr(ring, "look", look)

    repeated = await office.form("/token", **refresh(first["refresh_token"]))

    assert (repeated.status_code, bool(looked)) == (200, True)


@pytest.mark.promise("S41")
async def test_a_refresh_token_is_bound_to_the_client_it_was_issued_through(office):
    one = await office.client(Scope.ORDERS_READ, grants=EVERY_GRANT)
    other = await office.client(Scope.ORDERS_READ, grants=EVERY_GRANT)
    bound = (await office.form("/token", basic=one, **login())).json()["refresh_token"]
    free = (await office.form("/token", **login())).json()["refresh_token"]

    foreign = [
        await office.form("/token", basic=other, **refresh(bound)),
        await office.form("/token", **refresh(bound)),
        await office.form("/token", basic=other, **refresh(free)),
    ]

    assert {refusal(it) for it in foreign} == {(400, "invalid_grant")}
    assert (await office.form("/token", basic=one, **refresh(bound))).status_code == 200
    assert (await office.form("/token", **refresh(free))).status_code == 200


async def test_a_removed_client_takes_the_sessions_it_started_with_it(office):
    client = await office.client(Scope.ORDERS_READ, grants=EVERY_GRANT)
    tokens = (await office.form("/token", basic=client, **login())).json()

    await office.call("DELETE", f"/clients/{client[0]}")

    assert not await is_live(office, tokens["access_token"])


async def test_a_removed_operator_cannot_refresh(office):
    uuid = await office.operator("vi@shop.example", Role.ADMINISTRATOR)
    tokens = (await office.form("/token", **login("vi@shop.example"))).json()

    await office.call("DELETE", f"/operators/{uuid}")

    answer = await office.form("/token", **refresh(tokens["refresh_token"]))
    assert refusal(answer) == (400, "invalid_grant")


@pytest.mark.promise("S29")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_an_operator_revokes_with_the_token_alone(office, kind):
    tokens = (await office.form("/token", **login())).json()

    revoked = await office.form("/revoke", token=tokens[kind], token_type_hint="x")

    assert (revoked.status_code, revoked.content) == (200, b"")
    assert not await is_live(office, tokens["access_token"])
    assert refusal(await office.form("/token", **refresh(tokens["refresh_token"])))[0] == 400
    assert await is_live(office, office.token)


@pytest.mark.promise("S29")
async def test_foreign_and_garbage_tokens_are_answered_alike_and_stay(office):
    one, other = [await office.client(Scope.OPERATORS_WRITE, grants=EVERY_GRANT) for _ in range(2)]
    own = await office.client_token(one)
    bound = (await office.form("/token", basic=one, **login())).json()["access_token"]

    answers = [
        await office.form("/revoke", basic=other, token=own),
        await office.form("/revoke", token="garbage"),
        await office.form("/revoke", basic=other, token=office.token),
    ]
    refused = [
        await office.form("/revoke", basic=(one[0], "wrong"), token=own),
        await office.form("/revoke", token=own),
        await office.form("/revoke", token=bound),
    ]

    assert {(it.status_code, it.content) for it in answers} == {(200, b"")}
    assert {refusal(it) for it in refused} == {(401, "invalid_client")}
    assert [await is_live(office, it) for it in (own, bound, office.token)] == [True] * 3
    await office.form("/revoke", basic=one, token=own)
    assert not await is_live(office, own)


async def test_a_client_learns_what_a_token_is_good_for(office):
    client = await office.client(Scope.ORDERS_READ)
    token = await office.client_token(client)

    async def described(text):
        return (await office.form("/introspect", basic=client, token=text)).json()

    of_client, of_operator = await described(token), await described(office.token)
    await office.form("/revoke", basic=client, token=token)

    assert of_client == {
        "active": True,
        "scope": "orders:read",
        "client_id": client[0],
        "sub": client[0],
        "token_type": "Bearer",
        "iat": of_client["iat"],
        "exp": of_client["iat"] + 3600,
        "jti": of_client["jti"],
    }
    assert of_operator["scope"].split() == list(Scope)
    assert "client_id" not in of_operator
    assert [await described(it) for it in (token, "garbage")] == [{"active": False}] * 2


async def test_each_audience_has_tokens_of_its_own(office):
    account = await office.shop.account()

    storefront = await office.call("GET", "/operators", token=account.access_token)
    customer = await office.shop.client.get(
        "/customers", headers={"Authorization": f"Bearer {office.token}"}
    )

    assert {only_error(it)[1] for it in (storefront, customer)} == {"001"}


async def test_logins_and_refusals_are_events_without_addresses(office, caplog):
    caplog.set_level(logging.INFO)
    client_id, _ = await office.client(Scope.ORDERS_READ)
    uuid = await office.operator("vi@shop.example")
    await office.log_in("vi@shop.example")
    await office.log_in("vi@shop.example", "wrong")
    await office.form("/token", basic=(client_id, "wrong"), **CREDENTIALS)

    events = {it.message: it for it in caplog.records if hasattr(it, "category")}

    assert set(events) == {"operator_login_succeeded", "operator_login_failed", "client_refused"}
    assert events["operator_login_succeeded"].operator == uuid
    assert "shop.example" not in str([vars(it) for it in events.values()])
