import re

import pytest

ORIGIN = "http://api.shop.example"


PAGES = pytest.mark.parametrize("path", ["/docs", "/docs/back-office"])


@PAGES
async def test_the_page_loads_nothing_from_elsewhere(shop, path):
    page = await shop.client.get(f"{ORIGIN}{path}")

    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert page.status_code == 200
    assert len(sources) >= 3
    assert "//" not in page.text
    for source in sources:
        asset = await shop.client.get(ORIGIN + source)
        assert asset.status_code == 200
        assert asset.content


@PAGES
async def test_the_page_may_only_talk_to_its_own_server(shop, path):
    page = await shop.client.get(f"{ORIGIN}{path}")

    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("name", "server"), [("storefront-v1", "/v1"), ("back-office-v1", "/back-office/v1")]
)
async def test_the_start_script_shows_the_api_and_asks_no_validator(shop, name, server):
    script = (await shop.client.get(f"{ORIGIN}/docs/{name}.js")).text

    (url,) = re.findall(r'url: "([^"]+)"', script)
    assert "validatorUrl: null" in script
    document = (await shop.client.get(ORIGIN + url)).json()
    assert document["openapi"].startswith("3.1")
    assert "/customers" in document["paths"]
    assert document["servers"] == [{"url": server}]


async def test_the_document_follows_the_settings(open_shop):
    shop = await open_shop(password_min_length=15)

    document = await shop.client.get(f"{ORIGIN}/docs/storefront-v1.json")

    body = document.json()["paths"]["/customers"]["post"]["requestBody"]["content"]
    attributes = body["application/vnd.api+json"]["schema"]["properties"]["data"]["properties"]
    assert attributes["attributes"]["properties"]["password"]["minLength"] == 15


@pytest.mark.promise("S125")
@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/docs/back-office",
        "/docs/storefront-v1.js",
        "/docs/back-office-v1.json",
        "/docs/assets/swagger-ui.css",
    ],
)
async def test_docs_can_be_switched_off(open_shop, path):
    shop = await open_shop(docs=False)

    assert (await shop.client.get(ORIGIN + path)).status_code == 404


@pytest.mark.promise("S125")
@pytest.mark.parametrize(
    "path",
    [
        "/openapi.json",
        "/redoc",
        "/docs/oauth2-redirect",
        "/metrics",
        "/debug",
        "/debug/pprof",
        "/admin",
    ],
)
async def test_nothing_else_is_shown(shop, path):
    assert (await shop.client.get(ORIGIN + path)).status_code == 404
