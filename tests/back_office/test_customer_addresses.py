"""Address books and sessions of customers in the hands of operators."""

from tests.shop import address, details, only_error

GONE = (404, "1205", "Address not found.")


def of(answer):
    return answer.json()["data"]


async def test_an_operator_keeps_the_book_that_the_customer_sees(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}/addresses"
    created = await office.call("POST", path, address())
    uuid = of(created)["id"]
    changed = await office.call(
        "PATCH", f"{path}/{uuid}", {"city": "Bonn"}, headers={"If-Match": created.headers["etag"]}
    )
    read = await office.call("GET", f"{path}/{uuid}")
    seen = await office.shop.call("GET", f"{path}/{uuid}", by=account)
    listed = await office.call("GET", path)

    assert created.status_code == 201
    assert of(created)["attributes"]["isDefaultBilling"] is True
    assert of(created)["links"]["self"].endswith(f"/back-office/v1{path}/{uuid}")
    assert of(changed)["attributes"]["city"] == "Bonn"
    assert read.headers["etag"] == changed.headers["etag"] != created.headers["etag"]
    assert of(seen)["attributes"] == of(read)["attributes"]
    assert [it["id"] for it in of(listed)] == [uuid]
    assert [action for action, _ in await office.trail(account.reference)] == [
        "address.created",
        "address.changed",
        "address.read",
        "address.read",
    ]


async def test_an_address_is_changed_only_in_the_state_that_was_seen(office):
    path = f"/customers/{await office.customer()}/addresses"
    created = await office.call("POST", path, address())
    uuid = of(created)["id"]
    late = {"If-Match": '"99"'}
    changed = await office.call("PATCH", f"{path}/{uuid}", {"city": "X"}, headers=late)
    removed = await office.call("DELETE", f"{path}/{uuid}", headers=late)

    assert only_error(changed)[:2] == only_error(removed)[:2] == (412, "1232")


async def test_a_removed_address_is_gone(office):
    path = f"/customers/{await office.customer()}/addresses"
    uuid = of(await office.call("POST", path, address()))["id"]
    removed = await office.call("DELETE", f"{path}/{uuid}")
    answers = [
        await office.call("GET", f"{path}/{uuid}"),
        await office.call("PATCH", f"{path}/{uuid}", {"city": "X"}),
        await office.call("DELETE", f"{path}/{uuid}"),
    ]

    assert removed.status_code == 204
    assert [only_error(it) for it in answers] == [GONE] * 3


async def test_bad_addresses_are_refused(office):
    path = f"/customers/{await office.customer()}/addresses"
    unknown = await office.call("POST", path, address(iso2Code="XX"))
    blank = await office.call("POST", path, address(iso2Code="", city=""))
    changed = await office.call("PATCH", f"{path}/none", {"iso2Code": "de"})

    assert only_error(unknown) == only_error(changed) == (422, "1210", "Unknown country.")
    assert details(blank) == [
        "city => This value should not be blank.",
        "iso2Code => This value should not be blank.",
    ]
    assert of(await office.call("GET", path)) == []


async def test_a_repeated_address_is_added_once(office):
    path = f"/customers/{await office.customer()}/addresses"
    headers = {"Idempotency-Key": "one"}
    answers = [await office.call("POST", path, address(), headers=headers) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert len(of(await office.call("GET", path))) == 1


async def test_sessions_are_listed_and_ended(office):
    account = await office.shop.account()
    other = await office.shop.session(account.reference, account.email)
    path = f"/customers/{account.reference}/sessions"
    listed = of(await office.call("GET", path))
    one = of(await office.call("GET", f"{path}/{listed[0]['id']}"))
    ended = await office.call("DELETE", f"{path}/{listed[0]['id']}")
    again = await office.call("DELETE", f"{path}/{listed[0]['id']}")
    gone = await office.call("GET", f"{path}/{listed[0]['id']}")
    alive = [await office.shop.is_logged_in(it) for it in (account, other)]
    all_ended = await office.call("DELETE", path)

    assert len(listed) == 2
    assert one == listed[0]
    assert list(one["attributes"]) == ["device", "createdAt", "lastUsedAt", "isImpersonation"]
    assert ended.status_code == all_ended.status_code == 204
    assert only_error(again) == only_error(gone) == (404, "1207", "Session not found.")
    assert sorted(alive) == [False, True]
    assert not await office.shop.is_logged_in(account)
    assert not await office.shop.is_logged_in(other)
    assert [action for action, _ in await office.trail(account.reference)] == [
        "session.read",
        "session.read",
        "session.ended",
        "session.read",
        "session.ended",
    ]
