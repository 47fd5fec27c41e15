import pytest

from customer_api.api.headers import AnswerHeaders
from customer_api.api.locales import Locales
from customer_api.api.paths import ResourceTable, StorefrontPaths

SHOP = "https://www.shop.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type",
}
CORS = (
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
)


def cors(answer):
    return {name: answer.headers[name] for name in CORS if name in answer.headers}


@pytest.mark.promise("S123")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/stores", 200),
        ("GET", "/nonsense", 404),
        ("PUT", "/customers", 405),
        ("GET", "/customers", 403),
        ("POST", "/customers", 400),
        ("GET", "http://evil.example/v1/stores", 400),
        ("GET", "http://api.shop.example/nowhere", 404),
        ("POST", "http://api.shop.example/health/live", 405),
        ("GET", "http://api.shop.example/health/ready", 200),
    ],
)
async def test_every_answer_is_hardened(shop, method, path, status):
    answer = await shop.client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-xss-protection"] == "1; mode=block"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


async def test_headers_of_constant_answers_do_not_pile_up(shop):
    answers = [await shop.client.get("/nonsense") for _ in range(3)]

    names = [[name for name, _ in answer.headers.multi_items()] for answer in answers]
    assert names[0] == names[1] == names[2]
    assert len(set(names[0])) == len(names[0])


@pytest.mark.promise("S123")
async def test_a_shop_behind_https_tells_clients_to_stay_there(open_shop):
    shop = await open_shop(public_url="https://api.shop.example")

    answer = await shop.client.get("/stores")

    assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.promise("S121")
async def test_without_cors_no_script_of_others_reads_anything(shop):
    answer = await shop.client.get("/stores", headers={"Origin": SHOP})
    preflight = await shop.client.options("/customers", headers={"Origin": SHOP, **PREFLIGHT})

    assert cors(answer) == {}
    assert (preflight.status_code, cors(preflight)) == (405, {})


@pytest.mark.promise("S121")
@pytest.mark.parametrize("path", ["/stores", "/nonsense", "/customers"])
async def test_a_listed_origin_may_read_every_answer_with_credentials(open_shop, path):
    shop = await open_shop(cors_origins=(SHOP, "https://m.shop.example"))

    answer = await shop.client.get(path, headers={"Origin": SHOP})

    assert cors(answer) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-credentials": "true",
    }
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.promise("S121")
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://www.shop.example", f"{SHOP}.evil.example", None],
)
async def test_other_origins_may_not(open_shop, origin):
    shop = await open_shop(cors_origins=(SHOP,))

    answer = await shop.client.get("/stores", headers={"Origin": origin} if origin else {})

    assert cors(answer) == {}
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.promise("S121")
async def test_any_origin_means_without_credentials(open_shop):
    shop = await open_shop(cors_origins=("*",))

    answer = await shop.client.get("/stores", headers={"Origin": "https://any.example"})

    assert cors(answer) == {"access-control-allow-origin": "*"}


@pytest.mark.promise("S121")
async def test_a_preflight_names_the_methods_of_the_resource_and_the_headers(open_shop):
    shop = await open_shop(cors_origins=(SHOP,))

    answer = await shop.client.options(
        "/customers/DE--1/addresses/x", headers={"Origin": SHOP, **PREFLIGHT}
    )

    assert answer.status_code == 200
    assert cors(answer)["access-control-allow-methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    allowed = cors(answer)["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "x-anonymous-customer-unique-id", "x-store"} <= set(
        allowed
    )
    assert answer.json()["data"] == []


async def test_a_500_can_be_read_by_the_shops_own_scripts(open_shop, monkeypatch):
    shop = await open_shop(cors_origins=(SHOP,))

    async def fail(*_arguments):
        raise RuntimeError

    monkeypatch.setattr(shop.container.restore_requests, "add", fail)

    answer = await shop.call(
        "POST",
        "/customer-forgotten-password",
        {"email": "ada@shop.example"},
        headers={"Origin": SHOP},
    )

    assert answer.status_code == 500
    assert cors(answer)["access-control-allow-origin"] == SHOP


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope)

    table = ResourceTable(())
    paths = StorefrontPaths(app, table=table, refuse=pytest.fail, has_cors=False)
    headers = AnswerHeaders(paths, locales=Locales(("en_US",)), cors_origins=(), fixed={})
    await headers({"type": "lifespan"}, None, None)

    assert seen == [{"type": "lifespan"}]
