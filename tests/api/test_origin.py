import pytest

from customer_api.api import edge
from customer_api.api.origin import OriginCheck


@pytest.fixture
def ask():
    """Send a request through the check and return its origin, or the status of a refusal."""

    async def send_one(headers, *, client="10.0.0.1", path="/v1/stores", scheme="http", **options):
        seen = []

        async def app(scope, _receive, _send):
            seen.append(edge.get_origin(scope))

        async def send(message):
            if message["type"] == "http.response.start":
                seen.append(message["status"])

        settings = {
            "public_url": None,
            "allowed_hosts": ("API.shop.example",),
            "is_https_only": False,
        }
        check = OriginCheck(app, **{**settings, "trusted_proxies": ("10.0.0.0/8",), **options})
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "scheme": scheme,
            "client": client and (client, 4321),
            "headers": [
                (name.lower().encode(), value.encode("latin-1")) for name, value in headers
            ],
        }
        await check(scope, None, send)
        (outcome,) = seen
        return outcome

    return send_one


HOST = ("Host", "api.shop.example")


@pytest.mark.promise("S78")
@pytest.mark.parametrize(
    "host",
    ["api.shop.example", "API.Shop.Example:8443", "localhost", "127.0.0.1:8000", "[::1]:8000"],
)
async def test_known_hosts_are_the_base(ask, host):
    origin = await ask([("Host", host)], scheme="https")

    assert origin.base == f"https://{host}"


@pytest.mark.promise("S78")
@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.example"],
        ["api.shop.example", "api.shop.example"],
        ["api.shop.example.evil.example"],
        ["api.shop.example@evil.example"],
        ["api.shop.example/x?y#"],
        ["api.shop.example:123456"],
        ["api.shop.example:65536"],
        ["api.shop.example:x"],
        ["api.shop.example "],
        ["[::2]"],
        ["\xe4pi.shop.example"],
    ],
)
async def test_other_hosts_are_refused(ask, hosts):
    assert await ask([("Host", host) for host in hosts]) == 400


async def test_the_public_url_is_the_base_and_its_host_is_allowed(ask):
    origin = await ask([("Host", "shop.test:80")], public_url="https://shop.test/api")

    assert origin.base == "https://shop.test/api"


async def test_health_is_asked_by_any_name(ask):
    assert (await ask([("Host", "10.1.2.3")], path="/health/live")).client_address == "10.0.0.1"
    assert await ask([("Host", "10.1.2.3")], path="/healthy") == 400


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.0.0.9", "192.0.2.7"),
        ("198.51.100.66, 192.0.2.7, 10.0.0.9, 10.0.0.8", "192.0.2.7"),
        ("10.0.0.5, 10.0.0.9", "10.0.0.5"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.7, ::ffff:10.0.0.9", "192.0.2.7"),
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("192.0.2.7, junk", "10.0.0.1"),
        ("192.0.2.7, junk, 10.0.0.9", "10.0.0.9"),
        ("192.0.2.7:1234", "10.0.0.1"),
    ],
)
async def test_the_client_is_the_nearest_address_that_is_no_proxy(ask, forwarded, client):
    origin = await ask([HOST, ("X-Forwarded-For", forwarded)])

    assert origin.client_address == client


@pytest.mark.parametrize("proxy", ["10.0.0.0/8", "::ffff:10.0.0.1"])
async def test_an_ipv4_proxy_is_known_on_an_ipv6_socket(ask, proxy):
    headers = [HOST, ("X-Forwarded-For", "192.0.2.7")]

    origin = await ask(headers, client="::ffff:10.0.0.1", trusted_proxies=("::1", proxy))

    assert origin.client_address == "192.0.2.7"


async def test_lines_that_proxies_added_count_after_the_clients_own(ask):
    lines = [("X-Forwarded-For", "198.51.100.66"), ("X-Forwarded-For", "192.0.2.7")]

    origin = await ask([HOST, *lines])

    assert origin.client_address == "192.0.2.7"


@pytest.mark.promise("S78")
@pytest.mark.parametrize("client", ["192.0.2.1", "2001:db8::1", None])
async def test_strangers_forward_nothing(ask, client):
    forged = [
        HOST,
        ("X-Forwarded-For", "198.51.100.66"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "localhost"),
    ]

    origin = await ask(forged, client=client)

    assert origin.client_address == (client or "")
    assert origin.base == "http://api.shop.example"


@pytest.mark.promise("S78")
async def test_without_trusted_proxies_nobody_forwards(ask):
    origin = await ask([HOST, ("X-Forwarded-For", "192.0.2.7")], trusted_proxies=())

    assert origin.client_address == "10.0.0.1"


async def test_a_proxy_tells_scheme_and_host(ask):
    headers = [
        ("Host", "backend"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "api.shop.example"),
    ]

    assert (await ask(headers)).base == "https://api.shop.example"


@pytest.mark.promise("S78")
@pytest.mark.parametrize(
    "header",
    [
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Host", "api.shop.example, evil.example"),
    ],
)
async def test_what_a_proxy_forwards_is_checked_too(ask, header):
    assert await ask([HOST, header]) == 400


@pytest.mark.promise("S78", "S126")
async def test_a_refused_host_is_a_security_event(ask, caplog):
    await ask([("Host", "evil.example")])

    (line,) = caplog.records
    assert (line.message, line.levelname, line.category) == ("host_refused", "WARNING", "security")
    assert "evil" not in str(vars(line))


@pytest.mark.promise("S78")
async def test_the_header_forwarded_does_not_count(ask):
    forged = "for=198.51.100.66;host=localhost;proto=https"

    origin = await ask([HOST, ("Forwarded", forged)])

    assert (origin.client_address, origin.base) == ("10.0.0.1", "http://api.shop.example")


HTTPS_ONLY = {"public_url": "https://api.shop.example", "is_https_only": True}


@pytest.mark.contract("base-9")
@pytest.mark.promise("S124")
async def test_plain_http_to_an_https_only_deployment_is_refused(ask):
    assert await ask([HOST, ("X-Forwarded-Proto", "http")], **HTTPS_ONLY) == 403


@pytest.mark.contract("base-9")
@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ([HOST, ("X-Forwarded-Proto", "https")], HTTPS_ONLY),
        ([HOST], HTTPS_ONLY),
        ([HOST, ("X-Forwarded-Proto", "http")], {}),
        ([HOST, ("X-Forwarded-Proto", "http")], {**HTTPS_ONLY, "client": "192.0.2.1"}),
        ([HOST, ("X-Forwarded-Proto", "http")], {**HTTPS_ONLY, "path": "/health/live"}),
    ],
    ids=["https", "unknown", "http too", "stranger", "health"],
)
async def test_other_requests_to_it_are_served(ask, headers, options):
    origin = await ask(headers, **options)

    assert origin.base.endswith("://api.shop.example")


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope)

    check = OriginCheck(
        app, public_url=None, allowed_hosts=(), trusted_proxies=(), is_https_only=False
    )
    await check({"type": "lifespan"}, None, None)

    assert seen == [{"type": "lifespan"}]
