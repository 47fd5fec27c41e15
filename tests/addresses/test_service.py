import asyncio
from collections import Counter

import pytest

from customer_api.addresses.models import AddressRow
from customer_api.customers.models import CustomerRow
from tests.shop import address, only_error
from tests.tables import connect, rows

ROUNDS = 3


@pytest.fixture
async def ada(shop):
    return await shop.account()


@pytest.fixture
def book(shop, ada):
    """Call a method on the address book, or on one address of it."""

    async def call(method, uuid="", **attributes):
        path = f"/customers/{ada.reference}/addresses/{uuid}"
        body = attributes if method in {"POST", "PATCH"} else None
        return await shop.call(method, path, body, by=ada)

    return call


@pytest.fixture
def add(book):
    async def add_one(**changes):
        created = await book("POST", **address(**changes))
        assert created.status_code == 201, created.text
        return created.json()["data"]["id"]

    return add_one


@pytest.fixture
def defaults(book):
    """Return the addresses that are default for shipping and those for billing."""

    async def find():
        entries = (await book("GET")).json()["data"]
        return tuple(
            {entry["id"] for entry in entries if entry["attributes"][name]}
            for name in ("isDefaultShipping", "isDefaultBilling")
        )

    return find


@pytest.mark.contract("addr-12")
async def test_other_defaults_are_another_state_of_the_customer(shop, ada, book, add):
    async def state():
        shop.clock.advance(minutes=1)
        read = await shop.call("GET", f"/customers/{ada.reference}", by=ada)
        return read.headers["etag"], read.json()["data"]["attributes"]["updatedAt"]

    states = [await state()]
    first = await add()
    states.append(await state())
    await add(isDefaultBilling=False, isDefaultShipping=False)
    assert await state() == states[-1]
    await book("DELETE", first)
    states.append(await state())

    assert [etag for etag, _ in states] == ['"2"', '"3"', '"4"']
    assert [at for _, at in states] == sorted({at for _, at in states})


async def test_the_first_address_is_default_for_both_whatever_it_says(add, defaults):
    first = await add()
    await add()

    assert await defaults() == ({first}, {first})


async def test_a_new_default_takes_it_from_the_old_one_each_kind_alone(add, defaults):
    first = await add()

    second = await add(isDefaultBilling=True)

    assert await defaults() == ({first}, {second})


async def test_false_does_not_clear_a_default(add, book, defaults):
    first = await add()

    await book("PATCH", first, isDefaultShipping=False, isDefaultBilling=False)

    assert await defaults() == ({first}, {first})


async def test_a_removed_default_has_no_successor_until_the_next_change(add, book, defaults):
    first, second = await add(), await add()
    await book("DELETE", first)
    assert await defaults() == (set(), set())

    await book("PATCH", second, city="Potsdam")

    assert await defaults() == ({second}, {second})


async def test_removing_another_address_leaves_the_defaults(add, book, defaults):
    first, second = await add(), await add()

    await book("DELETE", second)

    assert await defaults() == ({first}, {first})


@pytest.mark.promise("S56")
async def test_parallel_changes_of_the_default_leave_exactly_one(shop, add, book, defaults):
    uuids = [await add() for _ in range(6)]
    await connect(shop)

    for _ in range(ROUNDS):
        answers = await asyncio.gather(
            *(book("PATCH", uuid, isDefaultShipping=True, isDefaultBilling=True) for uuid in uuids)
        )

        assert {answer.status_code for answer in answers} == {200}
        shipping, billing = await defaults()
        assert shipping == billing
        assert len(shipping) == 1


@pytest.mark.promise("S56")
async def test_parallel_first_addresses_make_one_default(shop, book, defaults):
    await connect(shop)

    answers = await asyncio.gather(*(book("POST", **address()) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {201}
    shipping, billing = await defaults()
    assert (len(shipping), len(billing)) == (1, 1)
    claimed = [it for it in answers if it.json()["data"]["attributes"]["isDefaultShipping"]]
    assert [it.json()["data"]["id"] for it in claimed] == list(shipping)


@pytest.mark.promise("S56")
async def test_making_default_and_removing_at_once_never_fails(shop, add, book, defaults):
    await connect(shop)
    for _ in range(ROUNDS):
        uuid = await add()

        changed, removed = await asyncio.gather(
            book("PATCH", uuid, isDefaultShipping=True, isDefaultBilling=True),
            book("DELETE", uuid),
        )

        assert removed.status_code == 204
        assert changed.status_code in {200, 404}
        assert await defaults() == (set(), set())


async def test_parallel_removals_of_one_address_remove_it_once(shop, add, book):
    uuid = await add()
    await connect(shop)

    answers = await asyncio.gather(*(book("DELETE", uuid) for _ in range(6)))

    assert Counter(answer.status_code for answer in answers) == {204: 1, 404: 5}


async def test_nothing_is_written_beside_an_erasure(shop, ada, add, book):
    await add()
    await connect(shop)

    answers = await asyncio.gather(
        *(book("POST", **address(firstName="Canary")) for _ in range(4)),
        shop.call("DELETE", f"/customers/{ada.reference}", by=ada),
        *(book("POST", **address(firstName="Canary")) for _ in range(4)),
    )

    assert answers[4].status_code == 204
    assert {answer.status_code for answer in answers} <= {201, 204, 401}
    stored = await rows(shop, AddressRow)
    assert {row.first_name for row in stored} == {None}
    assert all(row.deleted_at is not None for row in stored)
    (owner,) = await rows(shop, CustomerRow)
    assert owner.default_billing_address_id is None
    assert owner.default_shipping_address_id is None


@pytest.mark.promise("S54")
async def test_the_address_of_another_customer_looks_like_none(shop, add, book, defaults):
    bob = await shop.account("bob@shop.example")
    uuid = await add()
    path = f"/customers/{bob.reference}/addresses/{uuid}"

    answers = [
        await shop.call("GET", path, by=bob),
        await shop.call("PATCH", path, {"city": "Potsdam", "isDefaultBilling": True}, by=bob),
        await shop.call("DELETE", path, by=bob),
    ]

    assert {only_error(answer) for answer in answers} == {(404, "404", "Address was not found.")}
    assert await defaults() == ({uuid}, {uuid})
    assert (await book("GET", uuid)).json()["data"]["attributes"]["city"] == "Berlin"


async def test_an_empty_change_changes_nothing_of_the_address(add, book):
    uuid = await add()
    before = (await book("GET", uuid)).json()

    changed = await book("PATCH", uuid, country="Atlantis", id="x")

    assert changed.status_code == 200
    assert changed.json()["data"]["attributes"] == before["data"]["attributes"]


async def test_the_book_is_in_the_order_of_creation(add, book):
    uuids = [await add(city=f"City {number}") for number in range(5)]
    await book("PATCH", uuids[3], city="First?")

    listed = [entry["id"] for entry in (await book("GET")).json()["data"]]

    assert listed == uuids


async def test_optional_fields_sent_empty_are_none(shop):
    ada = await shop.account()
    empty = dict.fromkeys(("address3", "company", "phone"), "")

    answer = await shop.call(
        "POST", f"/customers/{ada.reference}/addresses", address(**empty), by=ada
    )

    attributes = answer.json()["data"]["attributes"]
    assert {name: attributes[name] for name in empty} == dict.fromkeys(empty)
