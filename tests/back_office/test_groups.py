"""Groups of customers: their names, and that nobody overwrites what they have not seen."""

import asyncio

import pytest

from customer_api.operators.scopes import Role
from tests.back_office.conftest import BASE
from tests.shop import details, only_error
from tests.tables import connect

VIP = {"name": "VIP", "description": "Spends much"}
NOT_FOUND = (404, "1222", "Customer group not found.")
TAKEN = (422, "1223", "Another customer group has this name.")
OUTDATED = (412, "1232")


def of(answer):
    return answer.json()["data"]


def names_of(answer):
    return [it["attributes"]["name"] for it in of(answer)]


async def group(office, name="VIP", **more):
    answer = await office.call("POST", "/customer-groups", {"name": name, **more})
    assert answer.status_code == 201, answer.text
    return of(answer)["id"]


async def test_a_group_has_a_name_and_a_description(office):
    created = await office.call("POST", "/customer-groups", VIP)
    uuid = of(created)["id"]
    read = await office.call("GET", f"/customer-groups/{uuid}")

    assert created.status_code == 201
    assert created.headers["etag"] == read.headers["etag"] == '"1"'
    assert of(created) == of(read)
    assert of(read) == {
        "type": "customer-groups",
        "id": uuid,
        "attributes": {
            **VIP,
            "createdAt": "2026-03-14 09:26:53.589793",
            "updatedAt": "2026-03-14 09:26:53.589793",
        },
        "links": {"self": f"{BASE}/customer-groups/{uuid}"},
    }
    assert await office.trail(uuid) == [("group.created", "")]


@pytest.mark.parametrize("name", ["vip", "VIP", "ViP"])
async def test_no_two_groups_have_the_same_name_in_any_case(office, name):
    await group(office, "VIP")
    other = await group(office, "Others")

    created = await office.call("POST", "/customer-groups", {"name": name})
    renamed = await office.call("PATCH", f"/customer-groups/{other}", {"name": name})

    assert only_error(created) == only_error(renamed) == TAKEN
    assert names_of(await office.call("GET", "/customer-groups")) == ["Others", "VIP"]


async def test_a_name_is_the_same_composed_or_not(office):
    await group(office, "Caf\N{LATIN SMALL LETTER E WITH ACUTE}")

    same = await office.call("POST", "/customer-groups", {"name": "CAFE\N{COMBINING ACUTE ACCENT}"})
    other = await office.call("POST", "/customer-groups", {"name": "Cafe"})

    assert (only_error(same), other.status_code) == (TAKEN, 201)


async def test_of_two_at_once_one_gets_the_name(office):
    first, second = await group(office, "a"), await group(office, "b")
    await connect(office.shop)

    answers = await asyncio.gather(
        *(
            office.call("PATCH", f"/customer-groups/{it}", {"name": "VIP"})
            for it in (first, second)
        ),
        *(office.call("POST", "/customer-groups", {"name": "vip"}) for _ in range(2)),
    )

    assert sorted(it.status_code for it in answers)[1:] == [422, 422, 422]


async def test_a_change_keeps_what_is_absent_and_null_empties(office):
    uuid = of(await office.call("POST", "/customer-groups", VIP))["id"]
    path = f"/customer-groups/{uuid}"
    office.shop.clock.advance(minutes=1)

    renamed = await office.call("PATCH", path, {"name": "vip"})
    emptied = await office.call("PATCH", path, {"description": None})

    assert of(renamed)["attributes"]["description"] == "Spends much"
    assert of(emptied)["attributes"] == {
        "name": "vip",
        "description": None,
        "createdAt": "2026-03-14 09:26:53.589793",
        "updatedAt": "2026-03-14 09:27:53.589793",
    }
    assert (await office.trail(uuid))[1:] == [
        ("group.changed", "name"),
        ("group.changed", "description"),
    ]


async def test_a_change_that_changes_nothing_is_no_change(office):
    uuid = of(await office.call("POST", "/customer-groups", VIP))["id"]
    office.shop.clock.advance(minutes=1)

    answers = [await office.call("PATCH", f"/customer-groups/{uuid}", it) for it in ({}, VIP)]

    assert {it.headers["etag"] for it in answers} == {'"1"'}
    assert len(await office.trail(uuid)) == 1


async def test_nobody_overwrites_what_they_have_not_seen(office):
    path = f"/customer-groups/{await group(office)}"
    await office.call("PATCH", path, {"name": "a"})
    old, new = ({"If-Match": f'"{number}"'} for number in (1, 2))

    refused = [
        await office.call("PATCH", path, {"name": "b"}, headers=old),
        await office.call("DELETE", path, headers=old),
    ]
    changed = await office.call("PATCH", path, {"name": "b"}, headers=new)

    assert {only_error(it)[:2] for it in refused} == {OUTDATED}
    assert changed.headers["etag"] == '"3"'


async def test_a_removed_group_is_gone_and_its_name_free(office):
    uuid = await group(office)
    path = f"/customer-groups/{uuid}"

    removed = await office.call("DELETE", path)

    calls = [("GET", path, None), ("PATCH", path, {"name": "x"}), ("DELETE", path, None)]
    calls += [
        (method, f"{path}/customers", {"customerReferences": ["x"]})
        for method in ("POST", "DELETE")
    ]
    calls.append(("GET", f"{path}/customers", None))
    kind = "customer-group-members"
    answers = [
        await office.call(*it, resource_type=kind if it[1] != path else None) for it in calls
    ]
    assert removed.status_code == 204
    assert [only_error(it) for it in answers] == [NOT_FOUND] * 6
    assert (await office.trail(uuid))[1:] == [("group.removed", "")]
    await group(office)


async def test_groups_are_listed_by_name_in_pages(office):
    for name in ("b", "C", "a", "D"):
        await group(office, name)

    first = await office.call("GET", "/customer-groups?page[size]=3")
    second = await office.call("GET", first.json()["links"]["next"].removeprefix(BASE))
    bad = await office.call("GET", "/customer-groups?page[after]=Z3JvdXBzOng")

    assert [names_of(it) for it in (first, second)] == [["a", "b", "C"], ["D"]]
    assert set(second.json()["links"]) == {"self", "prev"}
    assert only_error(bad)[:2] == (400, "1203")


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({}, "name => This field is missing."),
        ({"name": ""}, "name => This value should not be blank."),
        ({"name": None}, "name => This value should not be blank."),
        (
            {"name": "x" * 71},
            "name => This value is too long. It should have 70 characters or less.",
        ),
        (
            {"name": "x", "description": "x" * 256},
            "description => This value is too long. It should have 255 characters or less.",
        ),
    ],
)
async def test_bad_attributes_are_named(office, attributes, detail):
    answer = await office.call("POST", "/customer-groups", attributes)

    assert (answer.status_code, details(answer)) == (422, [detail])


async def test_the_longest_name_fits_in_any_case(office):
    await group(office, "\N{LATIN SMALL LIGATURE FFI}" * 70)

    taken = await office.call("POST", "/customer-groups", {"name": "ffi" * 23})

    assert taken.status_code == 201


async def test_who_only_reads_changes_nothing(office):
    uuid = await group(office)
    await office.operator("vi@shop.example", Role.VIEWER)
    viewer = await office.token_of("vi@shop.example")

    answers = [
        await office.call("POST", "/customer-groups", VIP, token=viewer),
        await office.call("PATCH", f"/customer-groups/{uuid}", VIP, token=viewer),
        await office.call("DELETE", f"/customer-groups/{uuid}", token=viewer),
    ]
    read = await office.call("GET", f"/customer-groups/{uuid}", token=viewer)

    assert {only_error(it)[:2] for it in answers} == {(403, "1240")}
    assert read.status_code == 200


async def test_a_repeated_request_adds_one_group(office):
    once = {"Idempotency-Key": "a"}

    answers = [await office.call("POST", "/customer-groups", VIP, headers=once) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert names_of(await office.call("GET", "/customer-groups")) == ["VIP"]
