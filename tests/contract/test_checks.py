"""The order of checks, and who calls."""

from dataclasses import replace

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, PASSWORD, address, details, only_error, registration

rule = pytest.mark.contract
GUEST = {"x-anonymous-customer-unique-id": "a1b2c3d4"}
FAKE = {"authorization": "Bearer fake"}
MISSING_TOKEN = (403, "002", "Missing access token.")
BAD_TOKEN = (401, "001", "Invalid access token.")
MIXED = (
    400,
    "005",
    "Headers request error. A user can't act as logged and not logged user at the same time.",
)
PAGING = (400, None, "Pagination parameters are invalid.")
NOT_FOUND = (404, None, "Not Found")
WRONG_TYPE = (400, None, "Invalid type.")
INVALID = (400, None, "Post data is invalid.")
MISSING_ID = (400, None, "Resource id is not specified.")
CUSTOMER = "/customers/DE--0000000000"
BAD_PAGE = "?page[limit]=0"


def body(resource_type, **attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


NO_ATTRIBUTES = {"data": {"type": "customers"}}

# Each request fails at its check and at every later one.
LADDER = [
    ("check-1", "POST", f"/nothing{BAD_PAGE}", None, {**FAKE, **GUEST}, PAGING),
    ("check-1", "PATCH", f"/customers/{BAD_PAGE}", None, {**FAKE, **GUEST}, PAGING),
    ("check-2", "PATCH", "/nothing", None, {**FAKE, **GUEST}, NOT_FOUND),
    ("check-3", "PATCH", "/customers", {"data": {"type": "x"}}, {**FAKE, **GUEST}, WRONG_TYPE),
    ("check-4", "PATCH", "/customers", NO_ATTRIBUTES, {**FAKE, **GUEST}, INVALID),
    ("check-5", "PATCH", "/customers", body("customers", email=""), {**FAKE, **GUEST}, MISSING_ID),
    ("check-7", "PATCH", CUSTOMER, body("customers", email=""), {**FAKE, **GUEST}, MIXED),
    ("check-8", "PATCH", CUSTOMER, body("customers", email=""), GUEST, MISSING_TOKEN),
    ("check-9", "PATCH", CUSTOMER, body("customers", email=""), FAKE, BAD_TOKEN),
]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "path", "document", "headers", "expected"),
    [pytest.param(*case[1:], marks=rule(case[0]), id=f"{case[0]}-{case[2]}") for case in LADDER],
)
async def test_the_first_check_that_fails_answers(
    shop, *, method, path, document, headers, expected
):
    response = await shop.client.request(method, path, json=document, headers=headers)

    assert only_error(response) == expected


@rule("check-10", "check-12")
async def test_faulty_attributes_come_before_the_owner(shop):
    account = await shop.account()

    response = await shop.call("PATCH", CUSTOMER, {"email": ""}, by=account)

    assert only_error(response) == (422, "901", "email => This value should not be blank.")


@rule("check-12", "check-13")
async def test_the_owner_comes_before_the_rest(shop):
    account = await shop.account()
    await shop.register(email="grace@shop.example")

    foreign = await shop.call("PATCH", CUSTOMER, {"email": "grace@shop.example"}, by=account)
    own = await shop.call(
        "PATCH", f"/customers/{account.reference}", {"email": "grace@shop.example"}, by=account
    )

    assert only_error(foreign) == (403, "411", "Unauthorized request.")
    assert only_error(own)[:2] == (422, "400")


@rule("check-11")
async def test_the_block_comes_before_faulty_attributes(open_shop):
    shop = await open_shop(login_failure_limit=1)
    before = await shop.log_in(password="")
    await shop.log_in(password="wrong")

    blocked = await shop.log_in(password="")
    other = await shop.log_in("bob@shop.example", "")
    nobody = await shop.call("POST", "/access-tokens", {"password": "x"})

    assert only_error(before) == (422, "901", "password => This value should not be blank.")
    assert only_error(blocked)[:2] == (429, "5900")
    assert only_error(other)[:2] == (422, "901")
    assert only_error(nobody) == (422, "901", "username => This field is missing.")


@rule("check-14", "pass-4")
async def test_a_foreign_password_is_checked_for_its_fields_then_for_its_owner(shop):
    account = await shop.account()
    different = {"password": PASSWORD, "newPassword": OTHER_PASSWORD, "confirmPassword": PASSWORD}

    incomplete = await shop.call("PATCH", "/customer-password/x", {"password": "x"}, by=account)
    foreign = await shop.call("PATCH", "/customer-password/x", different, by=account)

    assert details(incomplete) == [
        "newPassword => This field is missing.",
        "confirmPassword => This field is missing.",
    ]
    assert only_error(foreign) == (403, "411", "Unauthorized request.")


@rule("check-15", "cust-26")
async def test_deleting_somebody_else_is_refused_whoever_it_is(shop):
    other = await shop.account("grace@shop.example")
    account = await shop.account()

    answers = [
        await shop.call("DELETE", f"/customers/{reference}", by=account)
        for reference in (other.reference, "DE--30", "DE35", "fake-id", "mine")
    ]

    assert {only_error(answer) for answer in answers} == {(403, "411", "Unauthorized request.")}
    assert await shop.is_logged_in(other)


@rule("check-16")
@pytest.mark.parametrize("is_ended", [True, False])
async def test_a_bad_token_comes_before_faulty_attributes(shop, is_ended):
    account = await shop.account()
    if is_ended:
        await shop.call("DELETE", "/refresh-tokens/mine", by=account)
    else:
        account = replace(account, access_token="fake")

    response = await shop.call(
        "PATCH", f"/customers/{account.reference}", {"email": ""}, by=account
    )

    assert only_error(response) == BAD_TOKEN


@ONE_DATABASE
@rule("check-17")
@pytest.mark.parametrize(
    ("resource_type", "expected"), [("addresses", WRONG_TYPE), ("customers", MISSING_ID)]
)
async def test_a_wrong_type_comes_before_a_missing_id_and_that_before_the_token(
    shop, resource_type, expected
):
    response = await shop.client.patch("/customers", json=body(resource_type))

    assert only_error(response) == expected


PROTECTED = [
    ("GET", "/customers", None),
    ("GET", CUSTOMER, None),
    ("PATCH", CUSTOMER, {}),
    ("DELETE", CUSTOMER, None),
    ("GET", f"{CUSTOMER}/addresses", None),
    ("POST", f"{CUSTOMER}/addresses", address()),
    ("GET", f"{CUSTOMER}/addresses/x", None),
    ("PATCH", f"{CUSTOMER}/addresses/x", {}),
    ("DELETE", f"{CUSTOMER}/addresses/x", None),
    ("PATCH", "/customer-password/DE--1", {}),
    ("DELETE", "/refresh-tokens/x", None),
    ("DELETE", "/refresh-tokens/mine", None),
    ("GET", "/orders", None),
    ("GET", "/orders/x", None),
    ("GET", f"{CUSTOMER}/orders", None),
    ("GET", "/wishlists", None),
    ("GET", "/wishlists/x", None),
]


@ONE_DATABASE
@rule("auth-1", "err-002")
@pytest.mark.parametrize(("method", "path", "attributes"), PROTECTED)
@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"authorization": "  "}])
async def test_protected_resources_need_a_token(shop, method, path, attributes, headers):
    response = await shop.call(method, path, attributes, headers=headers)

    assert only_error(response) == MISSING_TOKEN


@ONE_DATABASE
@rule("auth-3", "err-001", "head-2")
@pytest.mark.parametrize(("method", "path", "attributes"), PROTECTED)
async def test_protected_resources_need_a_good_token(shop, method, path, attributes):
    response = await shop.call(method, path, attributes, headers=FAKE)

    assert only_error(response) == BAD_TOKEN
    assert response.headers["www-authenticate"] == 'Bearer realm="Access to shop API"'


@ONE_DATABASE
@rule("auth-3")
@pytest.mark.parametrize(
    "value",
    [
        "abc",
        "3485h7",
        "fake_token",
        "Bearer",
        "Bearer fake",
        "Bearer a.b.c",
        "Bearer Bearer",
        "Basic YWRhOngK",
        "{token}",
        "Bearer{token}",
        "Bearer {token}x",
        "Bearer {refresh}",
        "Bearer fake {token}",
        "Bearer {token:.20}",
    ],
)
async def test_values_that_cannot_be_used_are_refused(shop, value):
    account = await shop.account()
    value = value.format(token=account.access_token, refresh=account.refresh_token)

    response = await shop.call("GET", "/customers", headers={"authorization": value})

    assert only_error(response) == BAD_TOKEN


@rule("auth-3")
async def test_two_tokens_at_once_are_refused(shop):
    account = await shop.account()
    headers = [("authorization", f"Bearer {account.access_token}")] * 2

    response = await shop.client.get("/customers", headers=headers)

    assert only_error(response) == BAD_TOKEN


@ONE_DATABASE
@rule("auth-2")
@pytest.mark.parametrize(
    "value", ["Bearer {}", "bearer {}", "Token {}", "  Bearer   {}  ", "Bearer {} more"]
)
async def test_only_the_second_part_is_looked_at(shop, value):
    account = await shop.account()

    response = await shop.call(
        "GET", "/customers", headers={"authorization": value.format(account.access_token)}
    )

    assert response.status_code == 200


async def log_out(shop, account):
    return await shop.call("DELETE", f"/refresh-tokens/{account.refresh_token}", by=account)


async def change_password(shop, account):
    other = await shop.session(account.reference, account.email)
    values = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    return await shop.call("PATCH", f"/customer-password/{account.reference}", values, by=other)


async def restore_password(shop, account):
    await shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    key = await shop.mailed_key()
    values = {
        "restorePasswordKey": key,
        "password": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    return await shop.call("PATCH", "/customer-restore-password/x", values)


async def delete_account(shop, account):
    return await shop.call("DELETE", f"/customers/{account.reference}", by=account)


@rule("auth-4")
@pytest.mark.parametrize("end", [log_out, change_password, restore_password, delete_account])
async def test_the_tokens_of_an_ended_session_are_refused_at_once(shop, end):
    account = await shop.account()

    ended = await end(shop, account)

    response = await shop.call("GET", f"/customers/{account.reference}", by=account)
    assert ended.status_code == 204
    assert only_error(response) == BAD_TOKEN


@ONE_DATABASE
@rule("auth-5", "err-005")
@pytest.mark.parametrize("is_good", [True, False])
@pytest.mark.parametrize("path", ["/customers", "/customer-access", "/orders"])
async def test_a_customer_is_no_guest(shop, is_good, path):
    account = await shop.account()
    headers = account.headers if is_good else FAKE

    response = await shop.call("GET", path, headers={**headers, **GUEST})

    assert only_error(response) == MIXED


@rule("auth-1", "auth-5")
@pytest.mark.parametrize("guest", ["", " "])
async def test_an_empty_guest_id_is_none(shop, guest):
    account = await shop.account()
    headers = {"x-anonymous-customer-unique-id": guest}

    response = await shop.call("GET", "/customers", by=account, headers=headers)

    assert response.status_code == 200


@ONE_DATABASE
@rule("auth-6")
@pytest.mark.parametrize(
    ("method", "path", "attributes", "status"),
    [
        ("POST", "/customers", registration(email="new@shop.example"), 201),
        ("POST", "/access-tokens", {"username": "ada@shop.example", "password": PASSWORD}, 201),
        ("POST", "/access-tokens", {"username": "ada@shop.example", "password": "wrong"}, 401),
        ("POST", "/customer-forgotten-password", {"email": "ada@shop.example"}, 204),
        ("POST", "/customer-confirmation", {"registrationKey": "x"}, 422),
        ("POST", "/customer-email-confirmation", {"key": "x", "password": "x"}, 422),
        ("POST", "/customer-email-undo", {"key": "x"}, 422),
        ("POST", "/customer-password-undo", {"key": "x"}, 422),
        ("PATCH", "/customer-restore-password/x", {}, 422),
        ("GET", "/stores", None, 200),
        ("GET", "/stores/DE", None, 200),
    ],
)
@pytest.mark.parametrize("headers", [{"authorization": "abc"}, {**FAKE, **GUEST}])
async def test_public_endpoints_do_not_look_at_old_tokens(
    shop, *, method, path, attributes, status, headers
):
    await shop.account()

    response = await shop.call(method, path, attributes, headers=headers)

    assert response.status_code == status
    assert status != 401 or only_error(response)[1] == "003"


@rule("auth-6", "refresh-1")
async def test_tokens_are_refreshed_with_an_expired_one_attached(shop):
    account = await shop.account()
    shop.clock.advance(hours=9)

    json_api = await shop.call(
        "POST",
        "/refresh-tokens",
        {"refreshToken": account.refresh_token},
        by=account,
        headers=GUEST,
    )
    form = {
        "grant_type": "refresh_token",
        "refresh_token": json_api.json()["data"]["attributes"]["refreshToken"],
    }
    oauth = await shop.client.post("/token", data=form, headers={**account.headers, **GUEST})

    assert json_api.status_code == 201
    assert oauth.status_code == 200


@rule("auth-7")
@pytest.mark.parametrize("headers", [{}, GUEST])
async def test_customer_access_needs_no_token(shop, headers):
    response = await shop.call("GET", "/customer-access", headers=headers)

    assert response.status_code == 200


@rule("auth-7")
async def test_customer_access_wants_a_good_token_or_none(shop):
    account = await shop.account()

    good = await shop.call("GET", "/customer-access", by=account)
    fake = await shop.call("GET", "/customer-access", headers=FAKE)
    await log_out(shop, account)
    ended = await shop.call("GET", "/customer-access", by=account)

    assert good.status_code == 200
    assert only_error(fake) == only_error(ended) == BAD_TOKEN


@rule("auth-8")
@pytest.mark.parametrize("path", ["/stores", "/stores/DE", "/customer-access"])
async def test_a_shop_can_close_a_type_to_guests(open_shop, path):
    shop = await open_shop(protected_resource_types=("stores", "customer-access"))
    account = await shop.account()

    guest = await shop.call("GET", path)
    fake = await shop.call("GET", path, headers=FAKE)
    mixed = await shop.call("GET", path, by=account, headers=GUEST)
    customer = await shop.call("GET", path, by=account)
    await log_out(shop, account)
    ended = await shop.call("GET", path, by=account)

    assert only_error(guest) == MISSING_TOKEN
    assert only_error(fake) == only_error(ended) == BAD_TOKEN
    assert only_error(mixed) == MIXED
    assert customer.status_code == 200
