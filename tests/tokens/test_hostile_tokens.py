"""Hostile tokens, and other secrets in their place, through HTTP."""

import socket

import pytest

from customer_api.security.key_ring import KeyRing
from tests.security.forging import hostile_tokens
from tests.shop import only_error

REFUSED = (401, "001", "Invalid access token.")


@pytest.fixture
def listener():
    """A loopback port that counts who calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def called(listener):
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True  # pragma: no cover - a defect of the program


@pytest.mark.promise("G2", "S35", "S37", "S39")
async def test_no_hostile_token_is_accepted_and_none_is_an_error_of_ours(shop, listener):
    ada = await shop.account()
    key = KeyRing(shop.container.settings.signing_keys, clock=shop.clock).signing
    tokens = hostile_tokens(ada.access_token, key, f"http://127.0.0.1:{listener.getsockname()[1]}")
    assert len(tokens) >= 60

    answers = {
        name: await shop.call(
            "GET", f"/customers/{ada.reference}", headers={"Authorization": f"Bearer {token}"}
        )
        for name, token in tokens.items()
    }

    odd = {name: it.text for name, it in answers.items() if only_error(it) != REFUSED}
    assert odd == {}
    assert {it.headers["www-authenticate"] for it in answers.values()} == {
        'Bearer realm="Access to shop API"'
    }
    assert not called(listener)


@pytest.mark.promise("S39")
async def test_other_secrets_are_no_access_tokens_and_those_no_refresh_tokens(shop):
    await shop.register(email="eve@shop.example")
    confirmation = await shop.mailed_key()
    ada = await shop.account()
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    restore = await shop.mailed_key()

    for secret in (ada.refresh_token, confirmation, restore):
        answer = await shop.call("GET", "/customers", headers={"Authorization": f"Bearer {secret}"})
        assert only_error(answer) == REFUSED
    for secret in (ada.access_token, confirmation, restore):
        answer = await shop.call("POST", "/refresh-tokens", {"refreshToken": secret})
        assert only_error(answer) == (401, "004", "Failed to refresh token.")
