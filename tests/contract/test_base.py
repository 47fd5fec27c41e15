"""Where the API is, and the headers of its answers."""

import pytest

from customer_api.core.errors import DatabaseUnavailable
from tests.contract.texts import ONE_DATABASE
from tests.shop import only_error

rule = pytest.mark.contract
pytestmark = ONE_DATABASE
ORIGIN = "http://api.shop.example"
SECURITY_HEADERS = {
    "x-frame-options": "SAMEORIGIN",
    "content-security-policy": "frame-ancestors 'self'",
    "x-content-type-options": "nosniff",
    "x-xss-protection": "1; mode=block",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
ALLOWED_HEADERS = (
    "accept, content-type, content-language, accept-language, authorization, "
    "X-Anonymous-Customer-Unique-Id, access-control-allow-origin, X-Store, If-Match, "
    "Idempotency-Key, X-Agent-Authorization"
)


async def self_link(shop, **headers):
    response = await shop.client.get("/stores", headers=headers)
    assert response.status_code == 200, response.text
    return response.json()["links"]["self"]


@rule("base-1")
@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/v1/stores", "application/vnd.api+json"),
        ("/.well-known/jwks.json", "application/jwk-set+json"),
        ("/health/live", "application/json"),
        ("/health/ready", "application/json"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/storefront-v1.json", "application/json"),
    ],
)
async def test_a_shop_serves_the_api_and_little_else(shop, path, media_type):
    response = await shop.client.get(ORIGIN + path)

    assert response.status_code == 200
    assert response.headers["content-type"] == media_type


@rule("base-1", "base-6")
async def test_documentation_can_be_switched_off(open_shop):
    shop = await open_shop(docs=False)

    response = await shop.client.get(f"{ORIGIN}/docs")

    assert only_error(response) == (404, None, "Not Found")


@rule("base-2")
async def test_links_start_with_the_address_that_was_called(shop):
    link = await self_link(shop, host="localhost:8000")

    assert link == "http://localhost:8000/v1/stores"


@rule("base-2")
async def test_links_start_with_the_public_url_when_there_is_one(open_shop):
    shop = await open_shop(public_url="https://accounts.shop.example/")

    link = await self_link(shop, host="localhost")

    assert link == "https://accounts.shop.example/v1/stores"


FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-host": "api.shop.example"}


@rule("base-3")
@pytest.mark.parametrize(
    ("proxies", "expected"),
    [((), "http://localhost/v1/stores"), (("192.0.2.0/24",), "https://api.shop.example/v1/stores")],
)
async def test_forwarded_headers_count_from_trusted_proxies_only(open_shop, proxies, expected):
    shop = await open_shop(trusted_proxies=proxies)

    link = await self_link(shop, host="localhost", **FORWARDED)

    assert link == expected


@rule("base-4")
@pytest.mark.parametrize("host", ["evil.example", "api.shop.example.evil.example", "localhost:x"])
async def test_a_foreign_host_is_refused(shop, host):
    response = await shop.client.get("/stores", headers={"host": host})

    assert only_error(response) == (400, None, "Bad Request")


@rule("base-4")
@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8000", "[::1]", "API.shop.example", "pub.example"]
)
async def test_the_shops_own_hosts_are_accepted(open_shop, host):
    shop = await open_shop(public_url="https://pub.example")

    response = await shop.client.get("/stores", headers={"host": host})

    assert response.status_code == 200


@rule("base-5")
@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
async def test_health_takes_any_host(shop, path):
    response = await shop.client.get(ORIGIN + path, headers={"host": "10.0.0.7"})

    assert response.json() == {"status": "ok"}


@rule("base-6", "doc-1")
@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v2/customers", "/v10/stores", "/customers", "/health"]
)
async def test_unknown_paths_are_not_found_in_the_form_of_the_api(shop, path):
    response = await shop.client.get(ORIGIN + path)

    assert only_error(response) == (404, None, "Not Found")


@rule("base-7")
async def test_a_version_in_a_media_type_is_ignored(shop):
    media_type = "application/vnd.api+json; version=2.0"
    headers = {"content-type": media_type, "accept": media_type}

    response = await shop.client.get("/stores", headers=headers)

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/vnd.api+json"


@rule("base-8")
async def test_the_published_keys_are_public_ones(shop):
    response = await shop.client.get(f"{ORIGIN}/.well-known/jwks.json")

    (key,) = response.json()["keys"]
    assert key["kty"] == "EC"
    assert key["kid"]
    assert not key.keys() & {"d", "p", "q", "dp", "dq", "qi", "k"}


@rule("head-1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/stores"),
        ("GET", "/nothing"),
        ("GET", "/customers"),
        ("PUT", "/stores"),
        ("POST", "/token"),
    ],
)
async def test_security_headers_are_on_every_answer(shop, method, path):
    response = await shop.client.request(method, path)

    assert {name: response.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "strict-transport-security" not in response.headers


@rule("head-1")
async def test_clients_of_a_shop_with_https_are_told_to_keep_to_it(open_shop):
    shop = await open_shop(public_url="https://api.shop.example")

    response = await shop.client.get("/stores")

    assert response.headers["strict-transport-security"] == "max-age=31536000"


@rule("head-2")
@pytest.mark.parametrize(
    ("method", "path", "attributes"),
    [
        ("GET", "/customers", None),
        ("POST", "/access-tokens", {"username": "nobody@shop.example", "password": "x"}),
        ("POST", "/refresh-tokens", {"refreshToken": "fake"}),
    ],
)
async def test_every_401_carries_a_challenge(shop, method, path, attributes):
    headers = {"authorization": "Bearer fake"}

    response = await shop.call(method, path, attributes, headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="Access to shop API"'


@rule("head-3")
@pytest.mark.parametrize(
    ("wish", "language"),
    [
        (None, "en_US"),
        ("de-DE", "de_DE"),
        ("de_DE", "de_DE"),
        ("de", "de_DE"),
        ("de-AT", "de_DE"),
        ("fr", "en_US"),
        ("fr, de;q=0.5, en;q=0.4", "de_DE"),
        ("de;q=0", "en_US"),
        ("*", "en_US"),
        (";;;q=x", "en_US"),
    ],
)
async def test_answers_name_the_locale_that_fits_best(shop, wish, language):
    headers = {} if wish is None else {"accept-language": wish}

    response = await shop.client.get("/stores", headers=headers)

    assert response.headers["content-language"] == language


@rule("error-1", "head-3")
async def test_errors_are_english_whatever_was_wished(shop):
    response = await shop.client.get("/customers", headers={"accept-language": "de"})

    assert response.headers["content-language"] == "de_DE"
    assert only_error(response) == (403, "002", "Missing access token.")


@rule("head-4")
@pytest.mark.parametrize(
    ("sent", "is_kept"), [("client-id-0815", True), ("short", False), ("a b c d e f", False)]
)
async def test_answers_carry_a_request_id(shop, sent, is_kept):
    response = await shop.client.get("/stores", headers={"x-request-id": sent})

    assert (response.headers["x-request-id"] == sent) is is_kept
    assert len(response.headers["x-request-id"]) >= 8


@rule("head-5")
async def test_store_headers_are_ignored(shop):
    response = await shop.client.get("/stores", headers={"store": "AT", "x-store": "AT"})

    assert [store["id"] for store in response.json()["data"]] == ["DE"]


@rule("cors-1", "url-7")
async def test_without_cors_there_are_neither_its_headers_nor_options(shop):
    origin = {"origin": "https://www.shop.example"}

    read = await shop.client.get("/stores", headers=origin)
    options = await shop.client.options("/stores", headers=origin)

    assert not [name for name in read.headers if name.startswith("access-control")]
    assert only_error(options) == (405, None, "Method Not Allowed")
    assert options.headers["allow"] == "GET, HEAD"


@rule("cors-2")
@pytest.mark.parametrize("path", ["/stores", "/nothing", "/customers"])
async def test_a_listed_origin_may_read_every_answer(open_shop, path):
    shop = await open_shop(cors_origins=("https://www.shop.example", "http://localhost:4200"))

    response = await shop.client.get(path, headers={"origin": "https://www.shop.example"})

    assert response.headers["access-control-allow-origin"] == "https://www.shop.example"
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["vary"] == "Origin"


@rule("cors-2")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_other_origins_may_not(open_shop, origin):
    shop = await open_shop(cors_origins=("https://www.shop.example",))

    response = await shop.client.get(
        "/stores", headers={} if origin is None else {"origin": origin}
    )

    assert not [name for name in response.headers if name.startswith("access-control")]
    assert response.headers["vary"] == "Origin"


@rule("cors-3")
async def test_a_star_admits_all_origins_without_credentials(open_shop):
    shop = await open_shop(cors_origins=("*",))

    response = await shop.client.get("/stores", headers={"origin": "https://any.example"})

    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


@rule("cors-4", "url-7")
@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/customers", "GET, HEAD, OPTIONS, POST"),
        ("/customers/DE--1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/access-tokens/", "OPTIONS, POST"),
        ("/customers/DE--1/addresses", "GET, HEAD, OPTIONS, POST"),
    ],
)
@pytest.mark.parametrize("preflight", [{}, {"access-control-request-method": "PATCH"}])
async def test_options_tells_what_a_path_can(open_shop, path, methods, preflight):
    shop = await open_shop(cors_origins=("https://www.shop.example",))
    headers = {"origin": "https://www.shop.example", **preflight}

    response = await shop.client.options(path, headers=headers)

    assert response.status_code == 200
    assert response.json() == {"data": [], "links": {"self": f"{ORIGIN}/v1{path.rstrip('/')}"}}
    assert response.headers["access-control-allow-methods"] == methods
    assert response.headers["access-control-allow-headers"] == ALLOWED_HEADERS
    assert response.headers["access-control-allow-origin"] == "https://www.shop.example"


@rule("cors-4", "url-5")
async def test_options_of_an_unknown_path_is_not_found(open_shop):
    shop = await open_shop(cors_origins=("*",))

    response = await shop.client.options("/nothing")

    assert only_error(response) == (404, None, "Not Found")


@rule("error-4")
async def test_a_failure_tells_nothing_but_the_requests_id(shop, monkeypatch):
    async def fail(*_arguments):
        raise ZeroDivisionError("secret detail")

    account = await shop.account()
    monkeypatch.setattr(shop.container.accounts, "account", fail)

    response = await shop.call("GET", "/customers", by=account)

    assert response.status_code == 500
    request_id = response.headers["x-request-id"]
    assert response.json() == {
        "errors": [
            {"status": 500, "detail": "Internal Server Error", "meta": {"requestId": request_id}}
        ]
    }


@rule("error-5")
async def test_an_overloaded_service_asks_to_come_again(shop, monkeypatch):
    async def fail(*_arguments):
        raise DatabaseUnavailable(3)

    account = await shop.account()
    monkeypatch.setattr(shop.container.accounts, "account", fail)

    response = await shop.call("GET", "/customers", by=account)

    assert only_error(response) == (503, None, "Service Unavailable")
    assert response.headers["retry-after"] == "3"


@rule("base-9")
@pytest.mark.promise("S124")
@pytest.mark.parametrize("path", ["/stores", "/customers", "/customers/", "/nothing", "/token"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_plain_http_is_neither_served_nor_redirected(open_shop, method, path):
    shop = await open_shop(public_url="https://api.shop.example", trusted_proxies=("192.0.2.1",))

    response = await shop.client.request(method, path, headers={"X-Forwarded-Proto": "http"})

    assert only_error(response) == (403, None, "HTTPS is required.")
    assert response.headers["strict-transport-security"]
    assert "location" not in response.headers
