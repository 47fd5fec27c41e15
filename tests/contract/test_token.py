"""`/token`: OAuth 2.0."""

import json

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import PASSWORD

rule = pytest.mark.contract
EMAIL = "ada@shop.example"
PATHS = [
    "http://api.shop.example/token",
    "http://api.shop.example/v1/token",
    "http://api.shop.example/token/",
]
GRANT = (
    "The provided authorization grant (e.g., authorization code, resource owner credentials) or "
    "refresh token is invalid, expired, revoked, does not match the redirection URI used in the "
    "authorization request, or was issued to another client."
)
MALFORMED = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a "
    "parameter more than once, or is otherwise malformed."
)
LOGIN = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}


async def post(shop, parameters, *, as_json=False, url=PATHS[0], **headers):
    if as_json:
        headers = {"content-type": "application/x-www-form-urlencoded", **headers}
        return await shop.client.post(url, content=json.dumps(parameters), headers=headers)
    return await shop.client.post(url, data=parameters, headers=headers)


def refused(response, status=400):
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error", "error_description"]
    return tuple(response.json().values())


@ONE_DATABASE
@rule("oauth-1", "base-1")
@pytest.mark.parametrize("url", PATHS)
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [
        LOGIN,
        {**LOGIN, "client_id": "", "client_secret": "x", "scope": "customer"},
        {"grantType": "password", "username": EMAIL, "password": PASSWORD},
    ],
)
async def test_a_password_is_exchanged_for_tokens(shop, url, as_json, parameters):
    account = await shop.account()

    response = await post(shop, parameters, as_json=as_json, url=url)

    body = response.json()
    profile = await shop.call(
        "GET",
        f"/customers/{account.reference}",
        headers={"authorization": f"Bearer {body['access_token']}"},
    )
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert list(body) == ["access_token", "token_type", "expires_in", "refresh_token"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 28800)
    assert profile.status_code == 200


@ONE_DATABASE
@rule("oauth-1", "auth-6")
@pytest.mark.parametrize("url", PATHS)
async def test_an_old_token_and_a_guest_id_do_not_matter(shop, url):
    await shop.account()
    headers = {"authorization": "Bearer old", "x-anonymous-customer-unique-id": "a1b2c3d4"}

    response = await post(shop, LOGIN, url=url, **headers)

    assert response.status_code == 200


@rule("oauth-2", "refresh-6")
@pytest.mark.parametrize("as_json", [False, True])
async def test_a_refresh_token_is_exchanged_for_its_successor(shop, as_json):
    account = await shop.account()
    parameters = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}

    response = await post(shop, parameters, as_json=as_json)

    again = await post(shop, {**parameters, "refresh_token": response.json()["refresh_token"]})
    assert response.status_code == again.status_code == 200
    assert list(response.json()) == ["access_token", "token_type", "expires_in", "refresh_token"]
    assert response.json()["refresh_token"] != account.refresh_token


@ONE_DATABASE
@rule("oauth-10")
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        pytest.param(parameters, expected, marks=rule(name))
        for name, parameters, expected in [
            ("oauth-3", {}, ("invalid_grant", GRANT)),
            ("oauth-3", {"username": EMAIL, "password": PASSWORD}, ("invalid_grant", GRANT)),
            ("oauth-3", {"grant_type": ""}, ("invalid_grant", GRANT)),
            ("oauth-3", {"grant_type": "client_credentials"}, ("invalid_grant", GRANT)),
            ("oauth-3", {"grant_type": "Password"}, ("invalid_grant", GRANT)),
            (
                "oauth-4",
                {**LOGIN, "password": "wrong"},
                ("invalid_grant", "The user credentials were incorrect."),
            ),
            (
                "oauth-4",
                {**LOGIN, "username": "nobody@shop.example"},
                ("invalid_grant", "The user credentials were incorrect."),
            ),
            (
                "oauth-4",
                {**LOGIN, "username": "no address"},
                ("invalid_grant", "The user credentials were incorrect."),
            ),
            ("oauth-5", {"grant_type": "password"}, ("invalid_request", MALFORMED)),
            (
                "oauth-5",
                {"grant_type": "password", "username": EMAIL},
                ("invalid_request", MALFORMED),
            ),
            (
                "oauth-5",
                {"grant_type": "password", "password": PASSWORD},
                ("invalid_request", MALFORMED),
            ),
            ("oauth-5", {**LOGIN, "password": ""}, ("invalid_request", MALFORMED)),
            ("oauth-6", {"grant_type": "refresh_token"}, ("invalid_request", MALFORMED)),
            (
                "oauth-6",
                {"grant_type": "refresh_token", "refresh_token": ""},
                ("invalid_request", MALFORMED),
            ),
            (
                "oauth-7",
                {"grant_type": "refresh_token", "refresh_token": "x"},
                ("invalid_request", "The refresh token is invalid."),
            ),
        ]
    ],
)
async def test_refusals_speak_oauth(shop, parameters, expected, as_json):
    await shop.account()

    response = await post(shop, parameters, as_json=as_json)

    assert refused(response) == expected


@rule("oauth-7", "refresh-8")
async def test_a_reused_token_ends_the_session_here_too(shop):
    account = await shop.account()
    parameters = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
    await post(shop, parameters)
    shop.clock.advance(seconds=11)

    response = await post(shop, parameters)

    assert refused(response) == ("invalid_request", "The refresh token is invalid.")
    assert not await shop.is_logged_in(account)


@rule("oauth-8", "login-5")
async def test_failures_here_and_in_the_other_login_count_together(shop):
    await shop.account()
    for _ in range(5):
        await post(shop, {**LOGIN, "password": "wrong"})
        await shop.log_in(EMAIL, "wrong")

    response = await post(shop, LOGIN)

    description = "Account is blocked. Please try again in 1 minute(s)."
    assert refused(response, 429) == ("invalid_grant", description)
    assert response.headers["retry-after"] == "60"


@ONE_DATABASE
@rule("oauth-9", "json-7")
@pytest.mark.parametrize(
    "content",
    [
        b"grant_type=password&username=a@b.example&username=c@d.example&password=x",
        b"grant_type=password&username=a%00@b.example&password=x",
        b"grant_type=password&username=%ff&password=x",
        b"\xff",
        b"&".join(b"a%d=1" % number for number in range(60)),
        b"{",
        b'{"grant_type":"password","grant_type":"password"}',
        b'{"grant_type":"password","username":"\\ud800","password":"x"}',
        b'{"grant_type":"password","username":["a@b.example"],"password":"x"}',
    ],
)
async def test_what_cannot_be_read_is_malformed(shop, content):
    response = await shop.client.post(PATHS[0], content=content)

    assert refused(response) == ("invalid_request", MALFORMED)


@ONE_DATABASE
@rule("body-7", "oauth-10")
async def test_a_form_that_is_too_large_is_refused_in_the_same_form(shop):
    response = await shop.client.post(PATHS[0], content=b"a" * 70_000)

    assert refused(response, 413) == ("invalid_request", MALFORMED)


@ONE_DATABASE
@rule("oauth-12", "oauth-10")
@pytest.mark.parametrize("query", ["a=1&a=2", "page[offset]=x", "%ff", "%00"])
@pytest.mark.parametrize("url", PATHS)
async def test_a_query_string_means_nothing(shop, url, query):
    response = await post(shop, LOGIN, url=f"{url}?{query}")

    assert refused(response) == ("invalid_grant", "The user credentials were incorrect.")
