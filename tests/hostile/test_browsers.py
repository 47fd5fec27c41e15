"""What other sites can make a browser do, on every operation."""

import pytest

from customer_api.main import create_app
from tests.contract.texts import ONE_DATABASE
from tests.hostile.client import HostileClient
from tests.hostile.mutation import good_body
from tests.hostile.operations import ALL

SHOP = "https://www.shop.example"
EVIL = [
    "https://evil.example",
    "null",
    "http://www.shop.example",
    f"{SHOP}.evil.example",
    "https://evil-www.shop.example",
    "https://shop.example",
    "https://www.shop.example:8443",
    "https://www.shop.example@evil.example",
    f"{SHOP}/",
    SHOP.upper(),
    f"{SHOP} https://evil.example",
    "*",
]
SIMPLE_TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]

pytestmark = ONE_DATABASE
operations = pytest.mark.parametrize("operation", ALL, ids=str)


def cors_headers(answer):
    return {name for name in answer.headers if name.startswith("access-control-")}


def preflight(origin, method):
    return [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", "authorization,content-type"),
    ]


@pytest.fixture
async def cross_site(open_shop):
    """A client of a shop that lets the scripts of one origin in."""
    shop = await open_shop(cors_origins=(SHOP,), rate_limits="off")
    return HostileClient(create_app(shop.container))


@pytest.mark.promise("S121")
@operations
async def test_a_preflight_of_another_origin_is_told_nothing(cross_site, operation):
    for origin in EVIL:
        answer = await cross_site.send(
            "OPTIONS", operation.target(), headers=preflight(origin, operation.method)
        )

        assert "access-control-allow-origin" not in answer.headers, origin
        assert "access-control-allow-credentials" not in answer.headers, origin
        assert "origin" in answer.headers["vary"].lower(), origin


@pytest.mark.promise("S121")
@operations
async def test_a_preflight_of_the_shop_is_told_its_own_origin_alone(cross_site, operation):
    answer = await cross_site.send(
        "OPTIONS", operation.target(), headers=preflight(SHOP, operation.method)
    )

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert operation.method in answer.headers["access-control-allow-methods"].split(", ")


@pytest.mark.promise("S121")
@operations
async def test_an_answer_to_another_origin_cannot_be_read(cross_site, operation):
    for origin in EVIL:
        answer = await cross_site.send(
            operation.method, operation.target(), headers=[("origin", origin)]
        )

        assert cors_headers(answer) == set(), origin
        assert "origin" in answer.headers["vary"].lower(), origin


@pytest.mark.promise("S122")
@operations
async def test_a_simple_request_of_another_site_reads_nothing(hostile, operation):
    """No answer sets a cookie (the client looks), so a browser has nothing to send along."""
    body = good_body(operation, {}) if operation.has_body else b""
    for media_type in SIMPLE_TYPES:
        headers = [("origin", "https://evil.example"), ("content-type", media_type)]
        cookies = [("cookie", "session=1; accessToken=2")]
        answer = await hostile.send(
            operation.method, operation.target(), body=body, headers=headers + cookies
        )

        assert cors_headers(answer) == set()


@pytest.mark.promise("S122")
async def test_without_a_token_nothing_private_can_be_read_or_changed(hostile, hostile_shop):
    account = await hostile_shop.account()
    private = [it for it in ALL if it.has_id and "{reference}" in it.template]
    for operation in private:
        body = good_body(operation, {}) if operation.has_body else b""
        answer = await hostile.send(
            operation.method, operation.target(account.reference), body=body
        )

        assert (answer.status, answer.detail) == (403, "Missing access token."), str(operation)
    assert await hostile_shop.is_logged_in(account)
