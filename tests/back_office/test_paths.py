"""Requests that no route of the back office takes, and browsers that ask first."""

import pytest

from tests.back_office.conftest import BASE
from tests.shop import only_error


async def test_a_method_that_a_path_does_not_have_names_those_it_has(office):
    answer = await office.call("DELETE", "/customers")
    one = await office.call("POST", "/customers/DE--1")

    assert only_error(answer) == (405, None, "Method Not Allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert one.headers["allow"] == "DELETE, GET, HEAD, PATCH"


async def test_an_unknown_path_is_not_found(office):
    answer = await office.call("GET", "/customer")

    assert only_error(answer) == (404, None, "Not Found")


async def test_head_is_a_get_without_a_body(office):
    answer = await office.call("HEAD", "/customers")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/customers", "/customers/DE--1/lock", "/access-tokens"])
async def test_a_browser_is_told_what_a_script_may_send(open_office, path):
    office = await open_office(cors_origins=("https://office.example",))
    headers = {"Origin": "https://office.example", "Access-Control-Request-Method": "PUT"}
    answer = await office.shop.client.options(BASE + path, headers=headers)

    assert answer.status_code == 204
    assert "OPTIONS" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-origin"] == "https://office.example"
    assert "If-Match" in answer.headers["access-control-allow-headers"]


async def test_without_cors_there_is_no_preflight(office):
    answer = await office.shop.client.options(BASE + "/customers")

    assert only_error(answer)[0] == 405
    assert "access-control-allow-methods" not in answer.headers
