"""Logging in, access tokens, and blocks."""

import base64
import json

import jwt
import pytest

from customer_api.security.signing_keys import generate_signing_key
from tests.contract.texts import ONE_DATABASE
from tests.shop import PASSWORD, details, only_error

rule = pytest.mark.contract
FAILED = (401, "003", "Failed to authenticate user.")
EMAIL = "ada@shop.example"


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


@rule("login-1", "doc-5", "doc-6", "doc-8")
async def test_a_login_answers_with_tokens(shop):
    await shop.account()

    response = await shop.log_in()

    data = response.json()["data"]
    attributes = data["attributes"]
    assert response.status_code == 201
    assert list(response.json()) == ["data"]
    assert list(data) == ["type", "id", "attributes", "links"]
    assert (data["type"], data["id"]) == ("access-tokens", None)
    assert data["links"] == {"self": "http://api.shop.example/v1/access-tokens"}
    assert list(attributes) == [
        "tokenType",
        "expiresIn",
        "accessToken",
        "refreshToken",
        "idCompanyUser",
    ]
    assert attributes["tokenType"] == "Bearer"
    assert attributes["expiresIn"] == 28800
    assert attributes["idCompanyUser"] is None


@rule("login-2", "err-003", "cust-13")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody@shop.example", PASSWORD),
        (EMAIL, "wrong"),
        (EMAIL, PASSWORD.lower()),
        (EMAIL, PASSWORD + " "),
        (EMAIL, "x" * 5000),
        ("unconfirmed@shop.example", PASSWORD),
        ("deleted@shop.example", PASSWORD),
    ],
)
async def test_every_failure_of_a_login_looks_the_same(shop, email, password):
    await shop.account()
    await shop.register(email="unconfirmed@shop.example")
    deleted = await shop.account("deleted@shop.example")
    await shop.call("DELETE", f"/customers/{deleted.reference}", by=deleted)

    response = await shop.log_in(email, password)

    assert only_error(response) == FAILED


MISSING, BLANK = "This field is missing.", "This value should not be blank."
NO_EMAIL, NO_STRING = (
    "This value is not a valid email address.",
    "This value should be of type string.",
)


@ONE_DATABASE
@rule("login-3", "val-1", "val-2", "val-6", "val-11")
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [f"username => {MISSING}", f"password => {MISSING}"]),
        ({"username": "", "password": ""}, [f"username => {BLANK}", f"password => {BLANK}"]),
        ({"username": None, "password": None}, [f"username => {BLANK}", f"password => {BLANK}"]),
        ({"username": "xyz", "password": "x"}, [f"username => {NO_EMAIL}"]),
        ({"username": "test.com", "password": "x"}, [f"username => {NO_EMAIL}"]),
        ({"username": "a@b", "password": "x"}, [f"username => {NO_EMAIL}"]),
        ({"username": "a b@c.example", "password": "x"}, [f"username => {NO_EMAIL}"]),
        ({"username": "a@b@c.example", "password": "x"}, [f"username => {NO_EMAIL}"]),
        (
            {"username": 5, "password": ["x"]},
            [f"username => {NO_STRING}", f"password => {NO_STRING}"],
        ),
    ],
)
async def test_the_fields_of_a_login_follow_their_rules(shop, attributes, expected):
    response = await shop.call("POST", "/access-tokens", attributes)

    assert details(response) == expected
    assert {(error["status"], error["code"]) for error in response.json()["errors"]} == {
        (422, "901")
    }


@rule("val-11", "login-3")
@pytest.mark.parametrize(
    "username", ["übung@shop.example", "a..b@shop.example", "a@shop..example", '"a"@b.c']
)
async def test_odd_addresses_may_log_in(shop, username):
    response = await shop.log_in(username)

    assert only_error(response) == FAILED


@rule("login-4", "cust-12")
@pytest.mark.parametrize("spelling", ["ada@shop.example", "ADA@SHOP.EXAMPLE", "Ada@Shop.Example"])
async def test_an_email_is_found_in_any_spelling(shop, spelling):
    account = await shop.account("Ada@shop.Example")

    response = await shop.log_in(spelling)

    profile = await shop.call("GET", f"/customers/{account.reference}", by=account)
    assert response.status_code == 201
    assert profile.json()["data"]["attributes"]["email"] == "Ada@shop.Example"


@pytest.mark.promise("S34")
@rule("jwt-1", "jwt-2", "jwt-3", "jwt-5")
async def test_an_access_token_says_who_and_how_long(shop):
    account = await shop.account()
    keys = await shop.client.get("http://api.shop.example/.well-known/jwks.json")
    (key,) = keys.json()["keys"]

    header = jwt.get_unverified_header(account.access_token)
    claims = jwt.decode(
        account.access_token,
        jwt.PyJWK(key).key,
        algorithms=["ES256"],
        audience="customer-api",
        options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
    )

    now = int(shop.clock.now().timestamp())
    assert header == {"alg": "ES256", "kid": key["kid"], "typ": "at+jwt"}
    assert set(claims) == {"aud", "jti", "iat", "nbf", "exp", "sub", "scopes", "sid"}
    assert (claims["iat"], claims["nbf"], claims["exp"]) == (now, now, now + 28800)
    assert claims["scopes"] == ["customer"]
    assert isinstance(claims["sub"], str)
    assert json.loads(claims["sub"]) == {
        "customer_reference": account.reference,
        "id_company_user": None,
    }
    assert "=" not in account.access_token
    assert not {text for text in ("ada@", "shop.example", "Ada", "Example") if text in str(claims)}


@rule("jwt-4")
async def test_the_subject_can_be_the_bare_reference(open_shop):
    shop = await open_shop(token_subject="plain")
    account = await shop.account()

    is_logged_in = await shop.is_logged_in(account)

    assert claims_of(account.access_token)["sub"] == account.reference
    assert is_logged_in


@rule("jwt-2", "login-1")
async def test_the_lifetime_is_a_setting(open_shop):
    shop = await open_shop(access_token_ttl_seconds=120)
    await shop.account()

    response = await shop.log_in()

    attributes = response.json()["data"]["attributes"]
    claims = claims_of(attributes["accessToken"])
    assert attributes["expiresIn"] == claims["exp"] - claims["iat"] == 120


@rule("jwt-6", "auth-3")
async def test_a_token_is_refused_from_the_second_of_its_expiry(shop):
    account = await shop.account()
    shop.clock.advance(seconds=28799)
    before = await shop.is_logged_in(account)
    shop.clock.advance(seconds=1)

    response = await shop.call("GET", "/customers", by=account)

    assert before
    assert only_error(response) == (401, "001", "Invalid access token.")


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@ONE_DATABASE
@rule("auth-3", "jwt-1")
@pytest.mark.parametrize(
    ("header_change", "claims_change", "signature_end"),
    [
        ({"alg": "none"}, {}, ""),
        ({}, {"exp": 2_000_000_000}, ""),
        ({}, {}, "AAAA"),
        ({"kid": "x"}, {}, ""),
    ],
)
async def test_altered_tokens_are_refused(shop, header_change, claims_change, signature_end):
    account = await shop.account()
    header = encoded(jwt.get_unverified_header(account.access_token) | header_change)
    claims = encoded(claims_of(account.access_token) | claims_change)
    signature = account.access_token.rpartition(".")[2]
    signature = signature[: len(signature) - len(signature_end)] + signature_end
    altered = f"{header}.{claims}.{signature}"

    response = await shop.call("GET", "/customers", headers={"authorization": f"Bearer {altered}"})

    assert only_error(response) == (401, "001", "Invalid access token.")


@pytest.mark.promise("S36")
@ONE_DATABASE
@rule("auth-3", "jwt-1")
@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
async def test_tokens_of_foreign_keys_are_refused(shop, tmp_path, algorithm):
    account = await shop.account()
    generate_signing_key(tmp_path / "foreign.pem")
    key = (tmp_path / "foreign.pem").read_text() if algorithm == "ES256" else "k" * 32
    header = {**jwt.get_unverified_header(account.access_token), "alg": algorithm}
    forged = jwt.encode(claims_of(account.access_token), key, algorithm, header)

    response = await shop.call("GET", "/customers", headers={"authorization": f"Bearer {forged}"})

    assert only_error(response) == (401, "001", "Invalid access token.")


def blocked(minutes):
    return (429, "5900", f"Account is blocked. Please try again in {minutes} minute(s).")


async def fail(shop, times, email=EMAIL):
    answers = [only_error(await shop.log_in(email, "wrong")) for _ in range(times)]
    assert answers == [FAILED] * times


@rule("login-5", "err-5900")
@pytest.mark.parametrize("email", [EMAIL, "nobody@shop.example"])
async def test_ten_failures_block_the_account(shop, email):
    await shop.account()
    await fail(shop, 10, email)

    wrong = await shop.log_in(email, "wrong")
    right = await shop.log_in(email)

    assert only_error(wrong) == only_error(right) == blocked(1)
    assert wrong.headers["retry-after"] == right.headers["retry-after"] == "60"


@rule("login-5")
async def test_another_spelling_is_the_same_account(shop):
    await fail(shop, 10)

    response = await shop.log_in(EMAIL.upper())

    assert only_error(response) == blocked(1)


@rule("login-5")
async def test_a_success_before_the_limit_starts_the_count_anew(shop):
    await shop.account()
    await fail(shop, 9)
    await shop.log_in()
    await fail(shop, 9)

    response = await shop.log_in()

    assert response.status_code == 201


@rule("login-5", "login-6")
async def test_blocks_grow_to_fifteen_minutes(shop):
    await fail(shop, 10)
    seen = []
    for _ in range(6):
        answer = await shop.log_in(EMAIL, "wrong")
        seen.append((only_error(answer), int(answer.headers["retry-after"])))
        shop.clock.advance(seconds=seen[-1][1])
        await fail(shop, 1)

    lengths = [seconds for _, seconds in seen]

    assert lengths == [60, 120, 240, 480, 900, 900]
    assert [error for error, _ in seen] == [blocked(minutes) for minutes in (1, 2, 4, 8, 15, 15)]


@rule("login-5")
async def test_the_time_left_is_rounded_up(shop):
    await fail(shop, 11 - 1)
    shop.clock.advance(seconds=60)
    await fail(shop, 1)
    shop.clock.advance(seconds=59.5)

    response = await shop.log_in()

    assert only_error(response) == blocked(2)
    assert response.headers["retry-after"] == "61"


def coming_from(address):
    return {"x-forwarded-for": address}


async def log_in_from(shop, address, password=PASSWORD, email=EMAIL):
    attributes = {"username": email, "password": password}
    return await shop.call("POST", "/access-tokens", attributes, headers=coming_from(address))


@rule("login-7")
async def test_a_block_is_for_one_account_and_address_and_a_success_elsewhere_ends_it(open_shop):
    shop = await open_shop(trusted_proxies=("192.0.2.1",))
    await shop.account()
    await shop.account("grace@shop.example")
    for _ in range(10):
        await log_in_from(shop, "198.51.100.1", "wrong")

    here = await log_in_from(shop, "198.51.100.1")
    other_account = await log_in_from(shop, "198.51.100.1", email="grace@shop.example")
    elsewhere = await log_in_from(shop, "198.51.100.2")
    here_again = await log_in_from(shop, "198.51.100.1")

    assert only_error(here) == blocked(1)
    assert other_account.status_code == elsewhere.status_code == here_again.status_code == 201


@rule("login-7", "restore-1")
async def test_a_restore_ends_a_block(shop):
    await shop.account()
    await fail(shop, 10)
    await shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    values = {"password": PASSWORD, "confirmPassword": PASSWORD}
    key = await shop.mailed_key()
    await shop.call("PATCH", "/customer-restore-password/x", {"restorePasswordKey": key, **values})

    response = await shop.log_in()

    assert response.status_code == 201


@rule("login-8")
async def test_limits_can_be_switched_off(open_shop):
    shop = await open_shop(rate_limits="off")
    await shop.account()
    await fail(shop, 12)

    response = await shop.log_in()

    assert response.status_code == 201
