"""Operators: who they are, what they may do, and that it ends at once."""

import asyncio

import pytest
from sqlalchemy import select

from customer_api.operators.models import OperatorRow
from customer_api.operators.scopes import ROLE_SCOPES, Role, Scope
from tests.back_office.conftest import ROOT, Office
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error

VIEWER = "vi@shop.example"
NEW = {"email": VIEWER, "role": "viewer"}
REFUSED = (403, "1240", "insufficient_scope")
GONE = (401, "001", "Invalid access token.")


def of(answer):
    return answer.json()["data"]


def key_of(link):
    assert link.startswith("http://localhost:3001/password?token=")
    return link.rpartition("=")[2]


async def set_password(office, key, password=PASSWORD):
    attributes = {"key": key, "password": password}
    return await office.call("POST", "/operator-passwords", attributes, token="")


async def test_an_administrator_adds_an_operator_who_sets_a_password(office):
    created = await office.call("POST", "/operators", NEW)
    key = key_of(of(created)["meta"]["passwordLink"])
    before = await office.log_in(VIEWER)
    done = await set_password(office, key)
    again = await set_password(office, key, OTHER_PASSWORD)
    uuid = of(created)["id"]
    seen = await office.call("GET", f"/operators/{uuid}")

    assert (created.status_code, of(created)["attributes"]["hasPassword"]) == (201, False)
    assert only_error(before) == (401, "003", "Failed to authenticate operator.")
    assert done.status_code == 204
    assert only_error(again) == (422, "1252", "Password key is not valid.")
    assert (await office.log_in(VIEWER.upper())).status_code == 201
    assert of(seen) == {
        "type": "operators",
        "id": uuid,
        "attributes": {
            "email": VIEWER,
            "role": "viewer",
            "isAgent": False,
            "hasPassword": True,
            "createdAt": of(created)["attributes"]["createdAt"],
            "updatedAt": of(seen)["attributes"]["updatedAt"],
        },
        "links": {"self": f"http://api.shop.example/back-office/v1/operators/{uuid}"},
    }


async def test_a_link_works_for_a_day_and_a_new_one_ends_it(office):
    uuid = await office.operator(VIEWER, password=None)
    path = f"/operators/{uuid}/password-links"
    links = [await office.call("POST", path) for _ in range(2)]
    first, second = [key_of(of(it)["attributes"]["passwordLink"]) for it in links]
    outdated = await set_password(office, first)
    office.shop.clock.advance(hours=24)
    late = await set_password(office, second)

    assert {it.status_code for it in links} == {201}
    assert {only_error(it)[1] for it in (outdated, late)} == {"1252"}


async def test_a_key_sets_one_password_under_any_concurrency(office):
    uuid = await office.operator(VIEWER, password=None)
    link = await office.call("POST", f"/operators/{uuid}/password-links")
    key = key_of(of(link)["attributes"]["passwordLink"])

    answers = await asyncio.gather(*(set_password(office, key) for _ in range(10)))

    assert sorted(it.status_code for it in answers) == [204] + [422] * 9


async def test_a_new_password_ends_every_session(office):
    uuid = await office.operator(VIEWER, Role.ADMINISTRATOR)
    token = await office.token_of(VIEWER)
    link = await office.call("POST", f"/operators/{uuid}/password-links")

    await set_password(office, key_of(of(link)["attributes"]["passwordLink"]), OTHER_PASSWORD)

    answer = await office.call("GET", "/operators", token=token)
    assert only_error(answer) == GONE
    assert answer.json()["errors"][0]["meta"] == {"reason": "password_changed"}


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("short", (422, "1202")),
        ("Password123!", (422, "422")),
        ("Corrr3ct-Horse!", (422, "421")),
    ],
)
async def test_passwords_follow_the_policy_and_the_key_stays_good(office, password, error):
    uuid = await office.operator(VIEWER, password=None)
    link = await office.call("POST", f"/operators/{uuid}/password-links")
    key = key_of(of(link)["attributes"]["passwordLink"])

    refused = await set_password(office, key, password)

    assert (refused.status_code, refused.json()["errors"][0]["code"]) == error
    assert (await set_password(office, key)).status_code == 204


@pytest.mark.parametrize("email", [VIEWER, "VI@shop.example"])
async def test_an_address_is_one_operators(office, email):
    await office.call("POST", "/operators", NEW)

    taken = await office.call("POST", "/operators", NEW | {"email": email})

    assert only_error(taken) == (422, "1251", "Another operator has this email address.")


async def test_a_removed_operator_is_refused_at_once_and_the_address_is_free(office):
    uuid = await office.operator(VIEWER, Role.ADMINISTRATOR)
    token = await office.token_of(VIEWER)

    removed = await office.call("DELETE", f"/operators/{uuid}")

    assert removed.status_code == 204
    assert only_error(await office.call("GET", "/operators", token=token)) == GONE
    assert only_error(await office.log_in(VIEWER))[1] == "003"
    for method in ("GET", "DELETE"):
        again = await office.call(method, f"/operators/{uuid}")
        assert only_error(again) == (404, "1250", "Operator not found.")
    assert (await office.call("POST", "/operators", NEW)).status_code == 201
    listed = of(await office.call("GET", "/operators"))
    assert [it["attributes"]["email"] for it in listed] == [ROOT, VIEWER]


@pytest.mark.promise("S59")
async def test_a_demotion_holds_from_the_next_request_on(office):
    uuid = await office.operator(VIEWER, Role.ADMINISTRATOR)
    token = await office.token_of(VIEWER)
    before = await office.call("GET", "/operators", token=token)

    changed = await office.call("PATCH", f"/operators/{uuid}", {"role": "viewer"})
    after = await office.call("GET", "/operators", token=token)

    assert (before.status_code, of(changed)["attributes"]["role"]) == (200, "viewer")
    assert only_error(after) == REFUSED
    assert (
        'error="insufficient_scope", scope="operators:write"' in after.headers["www-authenticate"]
    )


async def test_a_change_that_changes_nothing_is_no_change(office):
    uuid = await office.operator(VIEWER)
    before = of(await office.call("GET", f"/operators/{uuid}"))
    office.shop.clock.advance(minutes=1)

    nothing = [{}, {"role": "viewer"}, {"isAgent": False}]
    answers = [await office.call("PATCH", f"/operators/{uuid}", it) for it in nothing]
    changed = await office.call("PATCH", f"/operators/{uuid}", {"isAgent": True})

    assert [of(it) for it in answers] == [before] * 3
    assert of(changed)["attributes"]["isAgent"] is True
    assert of(changed)["attributes"]["updatedAt"] > before["attributes"]["updatedAt"]


async def test_the_last_administrator_stays(office):
    (root,) = of(await office.call("GET", "/operators"))
    path = f"/operators/{root['id']}"

    answers = [
        await office.call("DELETE", path),
        await office.call("PATCH", path, {"role": "support"}),
    ]

    refusal = (409, "1234", "The last administrator cannot be removed.")
    assert [only_error(it) for it in answers] == [refusal] * 2
    assert (await office.call("PATCH", path, {"isAgent": True})).status_code == 200


async def test_two_administrators_cannot_remove_each_other(office):
    (root,) = of(await office.call("GET", "/operators"))
    other = await office.operator(VIEWER, Role.ADMINISTRATOR)
    token = await office.token_of(VIEWER)

    answers = await asyncio.gather(
        office.call("DELETE", f"/operators/{other}"),
        office.call("DELETE", f"/operators/{root['id']}", token=token),
    )

    assert [it.status_code for it in answers].count(204) == 1
    assert {it.status_code for it in answers} <= {204, 401, 409}


async def test_sessions_end_after_their_time(open_office):
    office = await open_office(operator_token_ttl_seconds=24 * 3600)

    office.shop.clock.advance(hours=12)

    assert only_error(await office.call("GET", "/operators"))[1] == "001"


async def test_nobody_reads_or_sets_a_secret_of_another(office):
    uuid = await office.operator(VIEWER)
    secrets = {"password": OTHER_PASSWORD, "passwordHash": "x", "password_hash": "x"}

    await office.call("PATCH", f"/operators/{uuid}", secrets)
    text = (await office.call("GET", "/operators")).text

    assert "argon2" not in text
    assert (await office.log_in(VIEWER)).status_code == 201
    assert (await office.log_in(VIEWER, OTHER_PASSWORD)).status_code == 401


async def test_who_cannot_log_in_does_not_count_as_an_administrator(office):
    own = next(it["id"] for it in of(await office.call("GET", "/operators")))
    ghost = await office.operator(VIEWER, Role.ADMINISTRATOR, password=None)

    refused = [
        await office.call("DELETE", f"/operators/{own}"),
        await office.call("PATCH", f"/operators/{own}", {"role": "support"}),
    ]
    removed = await office.call("DELETE", f"/operators/{ghost}")

    assert {only_error(it)[:2] for it in refused} == {(409, "1234")}
    assert removed.status_code == 204


async def test_looking_at_operators_is_an_event(office):
    uuid = await office.operator(VIEWER)

    await office.call("GET", "/operators")
    await office.call("GET", f"/operators/{uuid}")

    assert "operator.read" in [action for action, _ in await office.trail("")]
    assert "operator.read" in [action for action, _ in await office.trail(uuid)]


@pytest.mark.parametrize(
    ("method", "attributes", "other"),
    [("PATCH", {"role": "support"}, {"role": "viewer"}), ("DELETE", None, None)],
)
async def test_a_repeated_change_of_an_operator_is_answered_as_the_first(
    office, method, attributes, other
):
    path, headers = f"/operators/{await office.operator(VIEWER)}", {"Idempotency-Key": "one"}

    first = await office.call(method, path, attributes, headers=headers)
    again = await office.call(method, path, attributes, headers=headers)

    assert first.status_code in {200, 204}
    assert (again.status_code, again.content) == (first.status_code, first.content)
    if other is not None:
        differs = await office.call(method, path, other, headers=headers)
        assert only_error(differs)[:2] == (422, "1241")


async def test_nobody_gives_what_they_do_not_have(office):
    client = await office.client(Scope.OPERATORS_WRITE, Scope.CUSTOMERS_READ)
    token = await office.client_token(client)
    uuid = await office.operator(VIEWER, Role.ADMINISTRATOR)

    answers = [
        await office.call("POST", "/operators", NEW | {"email": "x@shop.example"}, token=token),
        await office.call("PATCH", f"/operators/{uuid}", {"isAgent": True}, token=token),
        await office.call("POST", f"/operators/{uuid}/password-links", token=token),
    ]

    assert [only_error(it) for it in answers] == [REFUSED] * 3
    assert len(of(await office.call("GET", "/operators"))) == 2


async def test_guesses_block_an_operator_and_no_customer_of_that_address(office):
    await office.operator(VIEWER)
    await office.shop.account(VIEWER)
    wrong = [await office.log_in(VIEWER, "wrong") for _ in range(10)]
    blocked = await office.log_in(VIEWER)

    assert {only_error(it)[1] for it in wrong} == {"003"}
    assert only_error(blocked)[:2] == (429, "5900")
    assert int(blocked.headers["retry-after"]) <= 60
    assert (await office.shop.log_in(VIEWER)).status_code == 201
    office.shop.clock.advance(seconds=60)
    assert (await office.log_in(VIEWER)).status_code == 201


@pytest.mark.parametrize(
    ("attributes", "details"),
    [
        ({}, ["email => This field is missing.", "role => This field is missing."]),
        (
            {"email": "vi", "role": "boss", "isAgent": "yes"},
            [
                "email => This value is not a valid email address.",
                "role => The value you selected is not a valid choice.",
                "isAgent => This value should be of type bool.",
            ],
        ),
    ],
)
async def test_bad_operators_are_refused_field_by_field(office, attributes, details):
    answer = await office.call("POST", "/operators", attributes)

    errors = answer.json()["errors"]
    assert answer.status_code == 422
    assert [it["detail"] for it in errors] == details
    assert {it["code"] for it in errors} == {"1202"}


async def test_a_removed_operator_loses_a_login_that_had_begun(office, monkeypatch):
    uuid = await office.operator(VIEWER)
    verify = type(office.shop.container.hasher).verify

    async def verify_slowly(*arguments):
        await office.call("DELETE", f"/operators/{uuid}")
        return await verify(*arguments)

    monkeypatch.setattr(type(office.shop.container.hasher), "verify", verify_slowly)

    assert only_error(await office.log_in(VIEWER))[1] == "003"


def test_roles_are_ordered_and_an_administrator_may_everything():
    assert ROLE_SCOPES[Role.VIEWER] < ROLE_SCOPES[Role.SUPPORT] < ROLE_SCOPES[Role.ADMINISTRATOR]
    assert ROLE_SCOPES[Role.ADMINISTRATOR] == set(Scope)


async def test_an_old_digest_is_replaced_at_the_login(open_shop, office):
    await office.operator(VIEWER)
    stronger = Office(await open_shop(hash_time_cost=2))

    before, _ = await digest(office), await stronger.log_in(VIEWER)
    after = await digest(office)

    assert ("t=1" in before, "t=2" in after) == (True, True)
    assert (await stronger.log_in(VIEWER)).status_code == 201


async def digest(office):
    statement = select(OperatorRow.password_hash).where(OperatorRow.email == VIEWER)
    return await office.shop.container.units.read(lambda it: it.execute(statement).scalar_one())


async def test_sessions_are_forgotten_a_while_after_their_end(open_office):
    office = await open_office(session_history_days=30)
    client = await office.client(Scope.CLIENTS_WRITE)
    await office.client_token(client)
    retention = office.shop.container.retention
    office.shop.clock.advance(days=30, hours=1)
    before = await retention.purge_operator_sessions()
    office.shop.clock.advance(seconds=1)
    of_client = await retention.purge_operator_sessions()
    office.shop.clock.advance(hours=11)

    assert (before, of_client) == (0, 1)
    assert await retention.purge_operator_sessions() == 1
