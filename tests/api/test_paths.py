import pytest

from customer_api.api.edge import MISSING_ID
from customer_api.api.paths import NO_ID_NEEDED, ResourceTable
from tests.shop import only_error

ROUTES = (
    ("/customers", {"GET", "POST"}),
    ("/customers/{reference}", {"GET", "PATCH", "DELETE"}),
    ("/customers/{reference}/addresses", {"GET", "POST"}),
    ("/customers/{reference}/addresses/{uuid}", {"GET", "PATCH", "DELETE"}),
    ("/restore/{anything}", {"PATCH"}),
    ("/tokens/{token}", {"DELETE"}),
)


@pytest.fixture
def table():
    return ResourceTable(ROUTES)


@pytest.mark.parametrize(
    ("path", "is_known"),
    [
        ("customers", True),
        ("customers/DE--1", True),
        ("customers//addresses", True),
        ("customers/DE--1/addresses/x", True),
        ("addresses", False),
        ("addresses/x", False),
        ("customers/DE--1/orders", False),
        ("customers/DE--1/addresses/x/customers", False),
        ("Customers", False),
        ("", False),
    ],
)
def test_types_are_known_along_the_path(table, path, is_known):
    assert table.is_known(path.split("/")) is is_known


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("customers", {"GET", "POST"}),
        ("customers/DE--1", {"GET", "PATCH", "DELETE"}),
        ("customers//addresses", {"GET", "POST"}),
        ("restore", {"PATCH"}),
        ("tokens", {"DELETE"}),
    ],
)
def test_methods_are_those_of_the_path_else_of_its_type(table, path, methods):
    assert table.methods(path.split("/")) == methods


@pytest.mark.parametrize(
    ("method", "path", "has"),
    [
        ("PATCH", "customers", True),
        ("POST", "customers/DE--1", True),
        ("PUT", "customers/DE--1", False),
        ("GET", "restore/x", False),
        ("POST", "customers/DE--1/addresses/x", True),
    ],
)
def test_a_type_has_the_methods_of_its_list_and_its_items(table, method, path, has):
    assert table.type_has(method, path.split("/")) is has


@pytest.mark.parametrize(
    ("method", "path", "completed"),
    [
        ("GET", "customers", ["customers"]),
        ("GET", "customers/DE--1", ["customers", "DE--1"]),
        ("POST", "customers//addresses", ["customers", MISSING_ID, "addresses"]),
        ("PATCH", "customers", ["customers", MISSING_ID]),
        ("DELETE", "customers//addresses", ["customers", MISSING_ID, "addresses", MISSING_ID]),
        ("PATCH", "customers//addresses/x", ["customers", MISSING_ID, "addresses", "x"]),
        ("PATCH", "restore", ["restore", MISSING_ID]),
        ("GET", "restore/x", None),
        ("PATCH", "tokens/x", None),
        ("GET", "tokens", None),
    ],
)
def test_empty_and_missing_ids_are_completed_to_the_form_of_a_route(table, method, path, completed):
    assert table.completed(method, path.split("/")) == completed


def test_a_type_can_do_without_its_id():
    table = ResourceTable(ROUTES, without_id=("restore",))

    assert table.completed("PATCH", ["restore"]) == ["restore", NO_ID_NEEDED]
    assert table.completed("PATCH", ["customers"]) == ["customers", MISSING_ID]


@pytest.mark.parametrize(
    "path",
    ["/v1/stores", "/v1/stores/", "/v1/stores//", "/v1//stores", "//v1/stores", "/v1/stores/DE/"],
)
async def test_outer_slashes_do_not_matter(shop, path):
    assert (await shop.client.get(f"http://api.shop.example{path}")).status_code == 200


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1//", "/v2/stores", "/v1x/stores", "/"])
async def test_a_version_alone_and_other_versions_are_nothing(shop, path):
    answer = await shop.client.get(f"http://api.shop.example{path}")

    assert only_error(answer) == (404, None, "Not Found")


@pytest.mark.parametrize("path", ["/stores", "/nonsense", "http://api.shop.example/health/live"])
async def test_head_answers_like_get_without_a_body(shop, path):
    full = await shop.client.get(path)

    head = await shop.client.head(path)

    assert head.status_code == full.status_code
    assert head.headers["content-type"] == full.headers["content-type"]
    assert head.headers["content-length"] == full.headers["content-length"]
    assert head.content == b""


async def test_no_client_can_send_the_mark_of_a_missing_id(shop):
    ada = await shop.account()

    answer = await shop.call("PATCH", "/customers/%00", {"firstName": "Eve"}, by=ada)

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/customer-access/x", "/refresh-tokens/x/", "/customer-password"])
async def test_a_method_of_the_type_that_this_path_has_not(shop, path):
    got = await shop.client.get(path)

    assert only_error(got)[0] == (404 if path == "/customer-access/x" else 405)
