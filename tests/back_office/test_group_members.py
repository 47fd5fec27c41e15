"""Members of groups: several at a time, all of them or none."""

import asyncio

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.groups.models import MemberRow
from customer_api.operators.scopes import Role
from tests.back_office.conftest import BASE
from tests.back_office.test_groups import group, names_of, of
from tests.contract.texts import ONE_DATABASE
from tests.shop import details, only_error
from tests.tables import connect, rows

TYPE = "customer-group-members"


def errors_of(answer):
    return [
        (it["status"], it["code"], it["detail"], it["meta"]["value"])
        for it in answer.json()["errors"]
    ]


def unknown(reference):
    return (422, "1224", "Unknown customer reference.", reference)


def not_member(reference):
    return (404, "1225", "The customer is no member of the group.", reference)


async def change(office, method, uuid, references, **more):
    return await office.call(
        method,
        f"/customer-groups/{uuid}/customers",
        {"customerReferences": references},
        resource_type=TYPE,
        **more,
    )


async def members(office, uuid):
    answer = await office.call("GET", f"/customer-groups/{uuid}/customers?page[size]=100")
    return [it["id"] for it in of(answer)]


@pytest.fixture
async def people(office):
    """References of three customers, in the order of their creation."""
    return [await office.customer(f"{name}@shop.example") for name in ("ada", "bob", "eve")]


async def test_customers_join_and_leave(office, people):
    uuid = await group(office)

    added = await change(office, "POST", uuid, people[::-1])
    all_three = await members(office, uuid)
    removed = await change(office, "DELETE", uuid, people[:2])

    assert (added.status_code, removed.status_code) == (204, 204)
    assert all_three == people
    assert await members(office, uuid) == people[2:]


async def test_a_member_is_shown_by_reference(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people[:1])

    (shown,) = of(await office.call("GET", f"/customer-groups/{uuid}/customers"))

    assert shown == {
        "type": TYPE,
        "id": people[0],
        "attributes": {"addedAt": "2026-03-14 09:26:53.589793"},
        "links": {"self": f"{BASE}/customers/{people[0]}"},
    }


async def test_joining_twice_is_harmless(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people[:1])
    office.shop.clock.advance(minutes=1)

    again = await change(office, "POST", uuid, [people[0], people[0], people[1]])

    assert again.status_code == 204
    added = [it.added_at.minute for it in await rows(office.shop, MemberRow)]
    assert added == [26, 27]
    assert len([it for it in await office.trail(people[0]) if "joined" in it[0]]) == 1


async def test_all_join_or_none_and_each_bad_reference_is_named(office, people):
    uuid = await group(office)

    answer = await change(office, "POST", uuid, ["x", people[0], "y"])

    assert answer.status_code == 422
    assert errors_of(answer) == [unknown("x"), unknown("y")]
    assert await members(office, uuid) == []


async def test_all_leave_or_none_and_each_other_customer_is_named(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people[:1])

    answer = await change(office, "DELETE", uuid, [people[0], people[1], "x"])

    assert answer.status_code == 404
    assert errors_of(answer) == [not_member(people[1]), not_member("x")]
    assert await members(office, uuid) == people[:1]


@ONE_DATABASE
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("references", "message"),
    [
        (None, "This value should be of type array."),
        ("x", "This value should be of type array."),
        ([], "This collection should contain 1 elements or more."),
        (["x"] * 1001, "This collection should contain 1000 elements or less."),
        ([""], "One or more of the given values is invalid."),
        (["x" * 65], "One or more of the given values is invalid."),
        ([1], "One or more of the given values is invalid."),
    ],
)
async def test_a_list_that_is_none_is_refused(office, method, references, message):
    answer = await change(office, method, await group(office), references)

    assert answer.status_code == 422
    assert details(answer) == [f"customerReferences => {message}"]


async def test_a_thousand_references_of_the_greatest_length_are_looked_at(office):
    references = [f"{number:064}" for number in range(1000)]

    answer = await change(office, "POST", await group(office), references)

    assert errors_of(answer) == [unknown(it) for it in references]


async def test_members_come_in_pages(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people)
    path = f"/customer-groups/{uuid}/customers"

    first = await office.call("GET", f"{path}?page[size]=2")
    await change(office, "DELETE", uuid, people[1:2])  # the cursor's own customer
    second = await office.call("GET", first.json()["links"]["next"].removeprefix(BASE))
    bad = await office.call("GET", f"{path}?page[after]=bWVtYmVyczp4")

    assert [[it["id"] for it in of(page)] for page in (first, second)] == [people[:2], people[2:]]
    assert only_error(bad)[:2] == (400, "1203")


async def test_a_customer_is_in_several_groups(office, people):
    for name in ("b", "A", "c"):
        uuid = await group(office, name)
        await change(office, "POST", uuid, people[:1] if name != "c" else people[1:])

    answers = [await office.call("GET", f"/customers/{it}/groups") for it in people[:2]]
    nobody = await office.call("GET", "/customers/x/groups")

    assert [names_of(it) for it in answers] == [["A", "b"], ["c"]]
    assert answers[0].json()["links"] == {"self": f"{BASE}/customers/{people[0]}/groups"}
    assert only_error(nobody)[:2] == (404, "1201")


async def test_a_call_is_an_event_about_the_group_and_one_about_each_customer(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people[:2])
    await change(office, "DELETE", uuid, people[:1])
    await office.call("GET", f"/customer-groups/{uuid}/customers")
    await office.call("GET", f"/customers/{people[0]}/groups")

    assert (await office.trail(uuid))[1:] == [
        ("group.members_added", ""),
        ("group.members_removed", ""),
        ("group.members_read", ""),
    ]
    assert (await office.trail(people[0]))[1:] == [
        ("customer.group_joined", ""),
        ("customer.group_left", ""),
        ("customer.groups_read", ""),
    ]
    assert (await office.trail(people[1]))[1:] == [("customer.group_joined", "")]
    joined = [
        it
        for it in await rows(office.shop, AuditEventRow)
        if it.action in {"group.members_added", "customer.group_joined"}
    ]
    assert len({it.request_id for it in joined}) == 1


async def test_the_list_of_customers_can_be_that_of_a_group(office, people):
    uuid, other = await group(office), await group(office, "empty")
    await change(office, "POST", uuid, people[1:])

    async def found(query):
        answer = await office.call("GET", f"/customers?sort=createdAt&{query}")
        assert answer.status_code == 200, answer.text
        return [it["id"] for it in of(answer)]

    assert await found(f"filter[customers.group]={uuid}") == people[1:]
    assert await found(f"filter[group]={uuid}&q=bob") == people[1:2]
    assert await found(f"filter[group]={uuid}&filter[email]=ada@shop.example") == []
    assert await found(f"filter[group]={other}") == []
    assert await found("filter[group]=unknown") == []
    counted = await office.call("GET", f"/customers?filter[group]={uuid}&count=exact&page[size]=1")
    assert counted.json()["meta"] == {"total": 2}


async def test_an_erasure_takes_a_customer_out_of_all_groups(office):
    account = await office.shop.account()
    uuid = await group(office)
    await change(office, "POST", uuid, [account.reference])
    path = f"/customers/{account.reference}"
    export = await office.call("GET", f"{path}/personal-data")

    await office.shop.call("DELETE", path, by=account)

    assert of(export)["attributes"]["customerGroupMembers"] == [
        {"groupId": "VIP", "addedAt": "2026-03-14 09:26:53.589793"}
    ]
    assert await members(office, uuid) == []
    assert names_of(await office.call("GET", f"{path}/groups")) == []
    again = await change(office, "POST", uuid, [account.reference])
    assert errors_of(again) == [unknown(account.reference)]


async def test_customers_outlive_their_group(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people)

    removed = await office.call("DELETE", f"/customer-groups/{uuid}")

    assert removed.status_code == 204
    assert await rows(office.shop, MemberRow) == []
    assert (await office.call("GET", f"/customers/{people[0]}")).status_code == 200


async def test_the_same_customers_can_join_and_leave_at_once(office, people):
    uuids = [await group(office, name) for name in "abcd"]
    await connect(office.shop)

    answers = await asyncio.gather(
        *(change(office, "POST", it, people if it < uuids[2] else people[::-1]) for it in uuids),
        *(change(office, "POST", uuids[0], people[::-1]) for _ in range(3)),
    )

    assert {it.status_code for it in answers} == {204}
    assert len(await rows(office.shop, MemberRow)) == 12


async def test_who_only_reads_moves_nobody(office, people):
    uuid = await group(office)
    await office.operator("vi@shop.example", Role.VIEWER)
    viewer = await office.token_of("vi@shop.example")

    answers = [
        await change(office, method, uuid, people, token=viewer) for method in ("POST", "DELETE")
    ]
    read = await office.call("GET", f"/customer-groups/{uuid}/customers", token=viewer)

    assert {only_error(it)[:2] for it in answers} == {(403, "1240")}
    assert read.status_code == 200


async def test_a_repeated_request_is_answered_alike(office, people):
    uuid = await group(office)
    await change(office, "POST", uuid, people)
    once = {"Idempotency-Key": "a"}

    answers = [await change(office, "DELETE", uuid, people, headers=once) for _ in range(2)]

    assert [it.status_code for it in answers] == [204, 204]
