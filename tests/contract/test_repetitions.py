"""`Idempotency-Key`: a request that is sent again is answered alike and not done again."""

import pytest

from tests.contract.texts import ONE_DATABASE, TAKEN, subjects
from tests.shop import OTHER_PASSWORD, PASSWORD, address, only_error, registration

rule = pytest.mark.contract
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REUSED = (422, "1241", "The Idempotency-Key was used for another request before.")
INVALID = (400, None, "Idempotency-Key header value is invalid.")
NEW_PASSWORD = {
    "password": PASSWORD,
    "newPassword": OTHER_PASSWORD,
    "confirmPassword": OTHER_PASSWORD,
}


def profile_of(account):
    return f"/customers/{account.reference}"


def book_of(account):
    return f"/customers/{account.reference}/addresses"


async def add(shop, account, headers=None, **changes):
    return await shop.call(
        "POST", book_of(account), address(**changes), by=account, headers=headers
    )


async def book(shop, account):
    """Return the cities in the book."""
    listed = await shop.call("GET", book_of(account), by=account)
    return [entry["attributes"]["city"] for entry in listed.json()["data"]]


def same(first, second):
    """Whether two answers are the same, as far as a client can tell."""
    names = ("content-type", "etag", "content-language", "cache-control")
    return (first.status_code, first.content, [first.headers.get(it) for it in names]) == (
        second.status_code,
        second.content,
        [second.headers.get(it) for it in names],
    )


@rule("idem-1", "idem-2")
async def test_a_registration_is_repeated(shop):
    first = await shop.call("POST", "/customers", registration(), headers=KEY)

    again = await shop.call("POST", "/customers", registration(), headers=KEY)

    assert first.status_code == 201
    assert same(first, again)
    assert first.headers["etag"] == again.headers["etag"] == '"1"'
    assert subjects(await shop.mails()) == ["Please confirm your registration"]


@rule("idem-1", "idem-2")
async def test_a_new_address_is_repeated(shop):
    account = await shop.account()
    first = await add(shop, account, KEY)

    again = await add(shop, account, KEY)

    assert first.status_code == 201
    assert same(first, again)
    assert await book(shop, account) == ["Berlin"]


@rule("idem-1", "idem-2")
async def test_a_deletion_of_an_address_is_repeated(shop):
    account = await shop.account()
    path = f"{book_of(account)}/{(await add(shop, account)).json()['data']['id']}"
    first = await shop.call("DELETE", path, by=account, headers=KEY)

    again = await shop.call("DELETE", path, by=account, headers=KEY)

    assert first.status_code == 204
    assert same(first, again)
    assert (await shop.call("DELETE", path, by=account)).status_code == 404


@rule("idem-1", "idem-2")
@pytest.mark.parametrize("of", ["profile", "address"])
async def test_a_change_is_repeated_whatever_has_changed_since(shop, of):
    account = await shop.account()
    uuid = (await add(shop, account)).json()["data"]["id"]
    path = profile_of(account) if of == "profile" else f"{book_of(account)}/{uuid}"
    present = await shop.call("GET", path, by=account)
    sent = KEY | {"If-Match": present.headers["etag"]}
    first = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=sent)
    last = await shop.call("PATCH", path, {"lastName": "Byron"}, by=account)

    again = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=sent)

    kept = await shop.call("GET", path, by=account)
    assert first.status_code == 200
    assert same(first, again)
    assert kept.json() == last.json()


@rule("idem-1", "idem-2", "query-1")
async def test_a_change_is_repeated_with_what_it_included(shop):
    account = await shop.account()
    await add(shop, account)
    path = f"{profile_of(account)}?include=addresses"
    first = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=KEY)
    await add(shop, account)

    again = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=KEY)

    assert len(first.json()["included"]) == 1
    assert same(first, again)


@rule("idem-1", "idem-2")
async def test_a_change_of_the_password_is_repeated(shop):
    account = await shop.account()
    path = f"/customer-password/{account.reference}"
    first = await shop.call("PATCH", path, NEW_PASSWORD, by=account, headers=KEY)

    again = await shop.call("PATCH", path, NEW_PASSWORD, by=account, headers=KEY)

    without = await shop.call("PATCH", path, NEW_PASSWORD, by=account)
    assert first.status_code == 204
    assert same(first, again)
    assert only_error(without)[:2] == (400, "408")


@rule("idem-2")
async def test_after_its_time_a_request_is_done_again(open_shop):
    shop = await open_shop(idempotency_ttl_seconds=3600)
    account = await shop.account()
    first = await add(shop, account, KEY)
    shop.clock.advance(seconds=3600, microseconds=-1)
    assert same(first, await add(shop, account, KEY))
    shop.clock.advance(microseconds=1)

    again = await add(shop, account, KEY)

    assert again.json()["data"]["id"] != first.json()["data"]["id"]
    assert same(again, await add(shop, account, KEY))


@rule("idem-3")
async def test_for_another_path_or_customer_the_key_is_another_one(shop):
    account, other = await shop.account(), await shop.account("grace@shop.example")
    first = await add(shop, account, KEY)
    path = f"{book_of(account)}/{first.json()['data']['id']}"

    others = await add(shop, other, KEY)
    changed = await shop.call("PATCH", path, {"city": "Ulm"}, by=account, headers=KEY)
    profile = await shop.call("PATCH", profile_of(account), {}, by=account, headers=KEY)
    deleted = await shop.call("DELETE", path, by=account, headers=KEY)

    assert others.json()["data"]["id"] != first.json()["data"]["id"]
    answers = (others, changed, profile, deleted)
    assert [it.status_code for it in answers] == [201, 200, 200, 204]


@rule("idem-3")
async def test_a_path_is_the_same_with_slashes_around_it(shop):
    account = await shop.account()
    first = await add(shop, account, KEY)

    again = await shop.call("POST", f"{book_of(account)}/", address(), by=account, headers=KEY)

    assert again.json()["data"]["id"] == first.json()["data"]["id"]


@rule("idem-4", "err-1241")
@pytest.mark.parametrize(
    ("query", "attributes", "headers"),
    [
        ("", {"lastName": "Byron"}, {}),
        ("?fields[customers]=email", {"lastName": "King"}, {}),
        ("", {"lastName": "King"}, {"If-Match": "*"}),
    ],
)
async def test_another_request_with_the_key_is_refused(shop, query, attributes, headers):
    account = await shop.account()
    path = profile_of(account)
    first = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=KEY)

    other = await shop.call("PATCH", path + query, attributes, by=account, headers=KEY | headers)

    kept = await shop.call("GET", path, by=account)
    assert only_error(other) == REUSED
    assert kept.json() == first.json()


@rule("idem-4")
async def test_another_registration_with_the_key_of_one_is_refused(shop):
    await shop.call("POST", "/customers", registration(), headers=KEY)

    other = await shop.call(
        "POST", "/customers", registration(email="grace@shop.example"), headers=KEY
    )

    assert only_error(other) == REUSED
    assert (await shop.register(email="grace@shop.example")).status_code == 201


@rule("idem-6")
async def test_a_refused_request_is_judged_anew(shop):
    account = await shop.account()
    grace = await shop.account("grace@shop.example")
    stale = {"firstName": "Augusta"}, KEY | {"If-Match": '"0"'}
    taken = await shop.call("POST", "/customers", registration(), headers=KEY)
    refused = await shop.call("PATCH", profile_of(grace), stale[0], by=grace, headers=stale[1])
    await shop.call("DELETE", profile_of(account), by=account)

    registered = await shop.call("POST", "/customers", registration(), headers=KEY)
    good = {**KEY, "If-Match": refused.json()["errors"][0]["meta"]["etag"]}
    changed = await shop.call("PATCH", profile_of(grace), stale[0], by=grace, headers=good)

    assert only_error(taken) == TAKEN
    assert only_error(refused)[:2] == (412, "006")
    assert (registered.status_code, changed.status_code) == (201, 200)


@rule("idem-7", "check-9")
async def test_an_ended_session_sees_no_stored_answer(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)
    await add(shop, account, KEY)
    await shop.call("DELETE", f"/refresh-tokens/{account.refresh_token}", by=account)

    again = await add(shop, account, KEY)

    assert only_error(again)[:2] == (401, "001")
    assert (await add(shop, other, KEY)).status_code == 201
    assert await book(shop, other) == ["Berlin"]


@rule("idem-7", "cust-28")
async def test_a_late_repetition_does_not_bring_back_whoever_was_deleted(shop):
    first = await shop.call("POST", "/customers", registration(), headers=KEY)
    await shop.confirm(await shop.mailed_key())
    account = await shop.session(first.json()["data"]["id"], "ada@shop.example")
    await shop.call("DELETE", profile_of(account), by=account)

    again = await shop.call("POST", "/customers", registration(), headers=KEY)

    assert only_error(again) == REUSED
    assert (await shop.call("POST", "/customers", registration())).status_code == 201
    shop.clock.advance(days=1)
    other = registration(email="grace@shop.example")
    assert (await shop.call("POST", "/customers", other, headers=KEY)).status_code == 201


@ONE_DATABASE
@rule("idem-8", "check-18")
@pytest.mark.parametrize("value", ["", " ", "a b", "ä".encode(), "x" * 256, "\x7f"])
async def test_what_is_no_key_is_refused_before_the_body_is_looked_at(shop, value):
    account = await shop.account()
    headers = {**account.headers, "Idempotency-Key": value}

    response = await shop.client.post("/customers", content=b"{", headers=headers)
    deletion = await shop.client.delete(f"{book_of(account)}/x", headers=headers)

    assert only_error(response) == only_error(deletion) == INVALID


@ONE_DATABASE
@rule("idem-8")
async def test_two_keys_are_refused_and_a_long_one_is_not(shop):
    name = "Idempotency-Key"
    document = {"data": {"type": "customers", "attributes": registration()}}

    two = await shop.client.post("/customers", json=document, headers=[(name, "a"), (name, "a")])
    one = await shop.client.post("/customers", json=document, headers=[(name, '"!~' * 85)])

    assert only_error(two) == INVALID
    assert one.status_code == 201


@rule("idem-9")
@pytest.mark.parametrize("key", [KEY, {"Idempotency-Key": "a b"}])
async def test_routes_that_hand_out_tokens_take_no_keys(shop, key):
    account = await shop.account()
    login = {"username": account.email, "password": account.password}
    form = {**login, "grant_type": "password"}

    logins = [await shop.call("POST", "/access-tokens", login, headers=key) for _ in range(2)]
    forms = [await shop.client.post("/token", data=form, headers=key) for _ in range(2)]
    token = account.refresh_token
    refreshes = []
    for _ in range(2):
        sent = {"refreshToken": token}
        refreshes.append(await shop.call("POST", "/refresh-tokens", sent, headers=key))
        token = refreshes[-1].json()["data"]["attributes"]["refreshToken"]

    assert [it.status_code for it in logins + forms + refreshes] == [201, 201, 200, 200, 201, 201]
    tokens = {it.json()["data"]["attributes"]["refreshToken"] for it in logins + refreshes}
    assert len(tokens | {it.json()["refresh_token"] for it in forms}) == 6


@rule("idem-9")
async def test_mailed_keys_are_used_once_whatever_the_header_says(shop):
    await shop.register()
    forgotten = {"email": "ada@shop.example"}
    confirm = {"registrationKey": await shop.mailed_key()}
    call = shop.call

    confirmed = [
        await call("POST", "/customer-confirmation", confirm, headers=KEY) for _ in range(2)
    ]
    asked = [
        await call("POST", "/customer-forgotten-password", forgotten, headers=KEY) for _ in range(2)
    ]
    restore = {
        "restorePasswordKey": await shop.mailed_key(),
        "password": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    restored = [
        await call("PATCH", "/customer-restore-password/x", restore, headers=KEY) for _ in range(2)
    ]

    assert [it.status_code for it in confirmed + asked + restored] == [204, 422] + [204] * 3 + [422]
    assert subjects(await shop.mails()).count("Set a new password") == 2


@rule("idem-9", "cust-27")
async def test_what_ends_the_session_takes_no_keys(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)
    log_out = f"/refresh-tokens/{other.refresh_token}"

    ended = [await shop.call("DELETE", log_out, by=account, headers=KEY) for _ in range(2)]
    erased = [
        await shop.call("DELETE", profile_of(account), by=account, headers=KEY) for _ in range(2)
    ]

    assert [it.status_code for it in ended + erased] == [204, 204, 204, 401]


@rule("idem-10", "cust-17")
async def test_a_hidden_refusal_of_a_reserved_address_is_repeated_too(open_shop):
    shop = await open_shop(registration_conflict="hidden")
    owner = await shop.account()
    await shop.move(owner, "lovelace@shop.example")
    first = await shop.call("POST", "/customers", registration(), headers=KEY)

    again = await shop.call("POST", "/customers", registration(), headers=KEY)

    assert first.status_code == 201
    assert first.json()["data"]["id"] != owner.reference
    assert same(first, again)


@rule("idem-10", "cust-17")
async def test_hidden_conflicts_stay_hidden_when_repeated(open_shop):
    shop = await open_shop(registration_conflict="hidden")
    owner = await shop.account()
    first = await shop.call("POST", "/customers", registration(), headers=KEY)

    again = await shop.call("POST", "/customers", registration(), headers=KEY)

    assert first.status_code == 201
    assert first.json()["data"]["id"] != owner.reference
    assert same(first, again)
    assert subjects(await shop.mails()).count("You already have an account") == 1
