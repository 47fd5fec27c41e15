"""Sessions as a resource of the customer."""

import pytest

from tests.shop import only_error

rule = pytest.mark.contract
NOT_FOUND = (404, "440", "Session was not found.")


async def sessions(shop, account):
    response = await shop.call("GET", "/sessions", by=account)
    assert response.status_code == 200, response.text
    return response.json()


async def log_in_from(shop, device):
    attributes = {"username": "ada@shop.example", "password": "Corr3ct-Horse!"}
    response = await shop.call("POST", "/access-tokens", attributes, headers={"User-Agent": device})
    assert response.status_code == 201, response.text


@rule("session-1", "session-2")
async def test_a_customer_sees_their_live_sessions_the_newest_first(shop):
    ada = await shop.account()
    shop.clock.advance(hours=1)
    other = await shop.session(ada.reference, ada.email)

    listed = await sessions(shop, other)

    newest, oldest = listed["data"]
    assert listed["links"] == {"self": "http://api.shop.example/v1/sessions"}
    assert newest["links"] == {"self": f"http://api.shop.example/v1/sessions/{newest['id']}"}
    assert (newest["type"], list(newest["attributes"])) == (
        "sessions",
        ["device", "createdAt", "lastUsedAt", "isCurrent", "isImpersonation"],
    )
    assert newest["attributes"]["isCurrent"] is True
    assert oldest["attributes"] == {
        "device": oldest["attributes"]["device"],
        "createdAt": "2026-03-14 09:26:53.589793",
        "lastUsedAt": "2026-03-14 09:26:53.589793",
        "isCurrent": False,
        "isImpersonation": False,
    }


@rule("session-2")
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Shop/7 (iPad)", "Shop/7 (iPad)"),
        ("x" * 300, "x" * 200),
        ("a\x7f\tb", "ab"),
        ("\t", None),
    ],
)
async def test_the_device_is_what_the_client_calls_itself(shop, sent, shown):
    ada = await shop.account()
    await log_in_from(shop, sent)

    listed = await sessions(shop, ada)

    assert listed["data"][0]["attributes"]["device"] == shown


@rule("session-2")
async def test_a_refresh_and_a_write_use_a_session_and_a_read_does_not(shop):
    ada = await shop.account()
    path = f"/customers/{ada.reference}"
    uses = []
    for method, attributes in (("GET", None), ("PATCH", {"firstName": "Ada"}), ("PATCH", {})):
        shop.clock.advance(minutes=3)
        await shop.call(method, path, attributes, by=ada)
        uses.append((await sessions(shop, ada))["data"][0]["attributes"]["lastUsedAt"][11:16])
    shop.clock.advance(minutes=1)
    await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})
    uses.append((await sessions(shop, ada))["data"][0]["attributes"]["lastUsedAt"][11:16])

    assert uses == ["09:26", "09:32", "09:32", "09:36"]


@rule("session-3")
async def test_one_session_is_read_by_its_id(shop):
    ada = await shop.account()
    (session,) = (await sessions(shop, ada))["data"]

    response = await shop.call("GET", f"/sessions/{session['id']}", by=ada)

    assert response.json() == {"data": session}


@rule("session-4")
async def test_an_ended_session_is_gone_and_its_tokens_are_refused(shop):
    ada = await shop.account()
    other = await shop.session(ada.reference, ada.email)
    _, oldest = (await sessions(shop, other))["data"]

    response = await shop.call("DELETE", f"/sessions/{oldest['id']}", by=other)

    assert (response.status_code, response.content) == (204, b"")
    assert len((await sessions(shop, other))["data"]) == 1
    refused = await shop.call("GET", "/sessions", by=ada)
    assert refused.json()["errors"][0]["meta"] == {"reason": "logged_out"}


@rule("session-4")
async def test_the_calling_session_can_end_itself(shop):
    ada = await shop.account()
    (session,) = (await sessions(shop, ada))["data"]

    response = await shop.call("DELETE", f"/sessions/{session['id']}", by=ada)

    assert response.status_code == 204
    assert not await shop.is_logged_in(ada)


@rule("session-5", "err-440")
@pytest.mark.promise("S53")
async def test_sessions_of_others_ended_and_unknown_ones_are_not_found(shop):
    ada, eve = await shop.account(), await shop.account("eve@shop.example")
    other = await shop.session(ada.reference, ada.email)
    theirs = (await sessions(shop, ada))["data"]
    await shop.call("DELETE", f"/sessions/{theirs[0]['id']}", by=other)

    for by, uuid in ((eve, theirs[1]["id"]), (ada, theirs[0]["id"]), (ada, "x")):
        for method in ("GET", "DELETE"):
            response = await shop.call(method, f"/sessions/{uuid}", by=by)
            assert only_error(response) == NOT_FOUND
    assert await shop.is_logged_in(ada)


@rule("session-6")
async def test_sessions_need_a_token_and_an_id_where_one_is_ended(shop):
    ada = await shop.account()

    listed, ended = await shop.call("GET", "/sessions"), await shop.call("DELETE", "/sessions/x")
    without_id = await shop.call("DELETE", "/sessions", by=ada)

    assert only_error(listed) == only_error(ended) == (403, "002", "Missing access token.")
    assert only_error(without_id) == (400, None, "Resource id is not specified.")
