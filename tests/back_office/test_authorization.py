"""Every route as every kind of caller, compared with docs/authorization.md (S58)."""

import logging
import re
from pathlib import Path

import pytest
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from customer_api import main
from customer_api.api.back_office.deps import Operated, require_scopes
from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import BASE
from tests.shop import PASSWORD, only_error

PAGE = Path(__file__).parents[2] / "docs" / "authorization.md"
ROW = re.compile(r"\| `([A-Z]+) (/[^`]*)` \| `([a-z:]+)` \| (yes|no) \| (yes|no) \| (yes|no) \|")
OPEN_ROW = re.compile(r"\| `([A-Z]+) (/[^`]*)` \| takes no token \|")
CHALLENGE = 'Bearer realm="Access to shop API"'
NOBODY = "00000000-0000-4000-8000-000000000000"


def documented():
    """Return what the page says: method, path, scope, and whether each role may."""
    return [
        (method, path, scope, dict(zip(Role, (mark == "yes" for mark in marks), strict=True)))
        for method, path, scope, *marks in ROW.findall(PAGE.read_text("utf-8"))
    ]


def test_the_page_has_every_route():
    routes = {
        f"{method} {route.path}"
        for router in main.BACK_OFFICE_ROUTERS
        for route in router.routes
        for method in route.methods
    }
    with_scope = {f"{method} {path}" for method, path, *_ in documented()}
    without = {" ".join(it) for it in OPEN_ROW.findall(PAGE.read_text("utf-8"))}

    assert with_scope | without == routes
    assert without == main.WITHOUT_TOKEN


@pytest.fixture
async def callers(office):
    """Tokens of all kinds of callers, by what they are."""
    tokens = {}
    for role in Role:
        await office.operator(f"{role}@shop.example", role)
        tokens[role] = await office.token_of(f"{role}@shop.example")
    for scope in Scope:
        tokens[scope] = await office.client_token(await office.client(scope))
    return tokens


def is_refused(answer):
    return answer.status_code == 403 and only_error(answer)[1] == "1240"


@pytest.mark.promise("S58")
async def test_every_caller_may_what_the_page_says(office, callers):
    deviations = []
    for method, path, scope, roles in documented():
        target = path.replace("{uuid}", NOBODY)
        allowed = {**roles, **{other: other == scope for other in Scope}}
        for caller, token in callers.items():
            answer = await office.call(method, target, token=token)
            assert answer.status_code not in {401, 405, 500}, (method, path, caller)
            if is_refused(answer) is allowed[caller]:
                deviations.append((method, path, caller))

    assert deviations == []


@pytest.mark.promise("S58")
async def test_no_route_with_a_scope_is_open_to_others(office):
    account = await office.shop.account()
    expired = office.token
    office.shop.clock.advance(hours=1)
    for method, path, *_ in documented():
        target = path.replace("{uuid}", NOBODY)
        answers = {
            "no token": await office.call(method, target, token=""),
            "customer": await office.call(method, target, token=account.access_token),
            "expired": await office.call(method, target, token=expired),
            "garbage": await office.call(method, target, token="garbage"),
        }
        codes = {name: only_error(it)[:2] for name, it in answers.items()}

        assert codes.pop("no token") == (401, "002"), path
        assert set(codes.values()) == {(401, "001")}, path
        assert answers["expired"].json()["errors"][0]["meta"] == {"reason": "expired"}
        challenges = {name: it.headers["www-authenticate"] for name, it in answers.items()}
        assert challenges.pop("no token") == CHALLENGE, path
        assert set(challenges.values()) == {f'{CHALLENGE}, error="invalid_token"'}, path


async def test_no_path_has_a_nul_character(office):
    for method, path, *_ in documented():
        if "{" in path:
            target = re.sub("{[^}]*}", "a%00", path)

            answer = await office.call(method, target, {})

            assert only_error(answer) == (404, None, "Not Found"), (method, path)


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Basic eDp4")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer a"), ("Authorization", "Bearer a")],
    ],
)
async def test_a_header_of_another_form_is_no_token(office, headers):
    answer = await office.shop.client.get(f"{BASE}/operators", headers=headers)

    assert only_error(answer)[:2] == (401, "001")


async def test_a_forged_token_is_recorded(office, caplog):
    caplog.set_level(logging.WARNING)
    head, _, signature = office.token.split(".")

    await office.call("GET", "/operators", token=f"{head}.e30.{signature}")

    (event,) = [it for it in caplog.records if it.message == "access_token_refused"]
    assert event.reason == "forged"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"data":{"type":"clients"}}'])
async def test_who_may_not_call_learns_nothing_about_the_body(office, body):
    await office.operator("vi@shop.example")
    token = await office.token_of("vi@shop.example")
    headers = {"Authorization": f"Bearer {token}"}

    refused = await office.shop.client.post(f"{BASE}/clients", content=body, headers=headers)
    headers = {"Authorization": f"Bearer {office.token}"}
    invalid = await office.shop.client.post(f"{BASE}/clients", content=body, headers=headers)

    assert is_refused(refused)
    assert only_error(invalid) == (400, None, "Post data is invalid.")


async def test_sizes_types_and_queries_are_checked(office):
    big = await office.call("POST", "/clients", {"name": "x" * 70_000})
    other = await office.call("POST", "/clients", {}, resource_type="operators")
    twice = await office.call("GET", "/clients?a=1&a=2")

    assert [it.status_code for it in (big, other, twice)] == [413, 400, 400]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/operators", 405), ("HEAD", "/operators", 200)],
)
async def test_what_does_not_exist_is_said(office, method, path, status):
    assert (await office.call(method, path)).status_code == status


def test_a_route_without_a_scope_stops_the_start():
    router = APIRouter()

    @router.get("/open")
    async def read_everything():
        """Answer nothing; the route is only looked at."""

    routes = [route for route in router.routes if isinstance(route, APIRoute)]

    with pytest.raises(RuntimeError, match="routes without a scope: GET /open"):
        require_scopes(routes, without_token=frozenset())
    require_scopes(routes, without_token=frozenset({"GET /open"}))


def test_a_route_about_a_customer_without_an_action_stops_the_start():
    router = APIRouter()
    checked = Depends(Operated(Scope.CUSTOMERS_READ, "customers"))

    @router.get("/customers/{reference}/secrets", dependencies=[checked])
    async def read_secrets(reference):
        """Answer nothing; the route is only looked at."""

    routes = [route for route in router.routes if isinstance(route, APIRoute)]

    with pytest.raises(RuntimeError, match="without an action: /customers/"):
        require_scopes(routes, without_token=frozenset())


async def test_a_password_in_the_wrong_place_is_not_repeated(office):
    answer = await office.call("POST", "/access-tokens", {"username": PASSWORD, "password": []})

    assert answer.status_code == 422
    assert PASSWORD not in answer.text
