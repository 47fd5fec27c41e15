"""Notes about customers: for operators only, with their author, never changed."""

import json

import pytest

from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import BASE, ROOT
from tests.shop import details, only_error

EMOJI = "\N{SNOWMAN}\N{GRINNING FACE}"
NOT_FOUND = (404, "1206", "Note not found.")


def of(answer):
    return answer.json()["data"]


def texts_of(answer):
    return [it["attributes"]["text"] for it in of(answer)]


async def note(office, reference, text, **more):
    answer = await office.call("POST", f"/customers/{reference}/notes", {"text": text}, **more)
    assert answer.status_code == 201, answer.text
    return of(answer)


async def follow(office, answer, name):
    return await office.call("GET", answer.json()["links"][name].removeprefix(BASE))


async def test_a_note_has_its_text_author_and_time(office):
    reference = await office.customer()

    created = await note(office, reference, EMOJI)
    read = await office.call("GET", f"/customers/{reference}/notes/{created['id']}")

    (root,) = [
        it["id"]
        for it in of(await office.call("GET", "/operators"))
        if it["attributes"]["email"] == ROOT
    ]
    assert of(read) == created
    assert created == {
        "type": "notes",
        "id": created["id"],
        "attributes": {
            "text": EMOJI,
            "authorKind": "operator",
            "author": root,
            "authorName": ROOT,
            "createdAt": "2026-03-14 09:26:53.589793",
        },
        "links": {"self": f"{BASE}/customers/{reference}/notes/{created['id']}"},
    }
    assert (await office.trail(reference))[1:] == [("note.created", "text"), ("note.read", "")]


async def test_a_client_is_an_author_too(office):
    reference = await office.customer()
    client = await office.client(Scope.NOTES_WRITE)

    created = await note(office, reference, "x", token=await office.client_token(client))

    shown = created["attributes"]
    assert (shown["authorKind"], shown["author"]) == ("client", client[0])
    assert shown["authorName"] == "order system"


async def test_the_author_outlives_the_operator(office):
    reference = await office.customer()
    uuid = await office.operator("su@shop.example", Role.SUPPORT)
    await note(office, reference, "x", token=await office.token_of("su@shop.example"))

    await office.call("DELETE", f"/operators/{uuid}")

    (left,) = of(await office.call("GET", f"/customers/{reference}/notes"))
    assert (left["attributes"]["author"], left["attributes"]["authorName"]) == (
        uuid,
        "su@shop.example",
    )


async def test_the_newest_note_comes_first_and_pages_follow_each_other(office):
    reference, other = await office.customer(), await office.customer("bob@shop.example")
    for number in range(5):
        await note(office, reference, str(number))
        await note(office, other, "of somebody else")

    first = await office.call("GET", f"/customers/{reference}/notes?page[size]=2")
    second = await follow(office, first, "next")
    third = await follow(office, second, "next")
    back = await follow(office, third, "prev")

    assert [texts_of(it) for it in (first, second, third, back)] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
        ["2", "1"],
    ]
    assert set(first.json()["links"]) == {"self", "next"}
    assert set(third.json()["links"]) == {"self", "prev"}
    assert set(back.json()["links"]) == {"self", "prev", "next"}


async def test_a_note_that_is_added_meanwhile_moves_no_page(office):
    reference = await office.customer()
    for number in range(3):
        await note(office, reference, str(number))
    first = await office.call("GET", f"/customers/{reference}/notes?page[size]=2")

    await note(office, reference, "new")

    assert texts_of(await follow(office, first, "next")) == ["0"]


async def test_a_customer_without_notes_has_an_empty_list(office):
    reference = await office.customer()

    answer = await office.call("GET", f"/customers/{reference}/notes")

    assert (answer.status_code, of(answer), set(answer.json()["links"])) == (200, [], {"self"})


@pytest.mark.parametrize(
    "query", ["page[size]=0", "page[size]=101", "page[after]=!", "page[after]=bm90ZXM6eA"]
)
async def test_a_page_that_the_list_does_not_have_is_refused(office, query):
    reference = await office.customer()

    answer = await office.call("GET", f"/customers/{reference}/notes?{query}")

    assert only_error(answer)[:2] == (400, "1203")


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({}, "text => This field is missing."),
        ({"text": ""}, "text => This value should not be blank."),
        ({"text": 7}, "text => This value should be of type string."),
        (
            {"text": "x" * 10_001},
            "text => This value is too long. It should have 10000 characters or less.",
        ),
    ],
)
async def test_a_text_that_is_none_is_refused(office, attributes, detail):
    reference = await office.customer()

    answer = await office.call("POST", f"/customers/{reference}/notes", attributes)

    assert (answer.status_code, details(answer)) == (422, [detail])
    assert of(await office.call("GET", f"/customers/{reference}/notes")) == []


async def test_the_longest_note_fits_however_it_is_spelt(office):
    reference = await office.customer()
    text = "\N{GRINNING FACE}" * 10_000
    body = {"data": {"type": "notes", "attributes": {"text": text}}}
    headers = {"Authorization": f"Bearer {office.token}"}

    answers = [
        await office.shop.client.post(
            f"{BASE}/customers/{reference}/notes",
            content=json.dumps(body, ensure_ascii=is_ascii).encode(),
            headers=headers,
        )
        for is_ascii in (False, True)
    ]

    assert [of(it)["attributes"]["text"] == text for it in answers] == [True, True]
    too_large = {"text": "x" * 200_000}
    refused = await office.call("POST", f"/customers/{reference}/notes", too_large)
    assert refused.status_code == 413


async def test_a_note_of_another_customer_is_not_found(office):
    reference, other = await office.customer(), await office.customer("bob@shop.example")
    foreign = await note(office, other, "x")

    answers = [
        await office.call("GET", f"/customers/{reference}/notes/{uuid}")
        for uuid in (foreign["id"], "unknown")
    ]

    assert [only_error(it) for it in answers] == [NOT_FOUND, NOT_FOUND]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_nobody_changes_a_note(office, method):
    reference = await office.customer()
    created = await note(office, reference, "x")

    answer = await office.call(method, f"/customers/{reference}/notes/{created['id']}")

    assert answer.status_code == 405


async def test_who_only_reads_writes_none(office):
    reference = await office.customer()
    await office.operator("vi@shop.example", Role.VIEWER)
    viewer = await office.token_of("vi@shop.example")
    path = f"/customers/{reference}/notes"

    refused = await office.call("POST", path, {"text": "x"}, token=viewer)
    read = await office.call("GET", path, token=viewer)

    assert only_error(refused) == (403, "1240", "insufficient_scope")
    assert read.status_code == 200


async def test_an_unknown_customer_has_no_notes(office):
    answers = [
        await office.call("GET", "/customers/DE--X/notes"),
        await office.call("POST", "/customers/DE--X/notes", {"text": "x"}),
    ]

    assert {only_error(it)[:2] for it in answers} == {(404, "1201")}


async def test_a_repeated_request_adds_one_note(office):
    reference = await office.customer()
    once = {"Idempotency-Key": "a"}

    first = await note(office, reference, "x", headers=once)
    second = await note(office, reference, "x", headers=once)

    assert first == second
    assert len(of(await office.call("GET", f"/customers/{reference}/notes"))) == 1


async def test_the_export_has_notes_and_the_erasure_empties_them(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}"
    created = await note(office, account.reference, "canary")
    export = await office.call("GET", f"{path}/personal-data")

    await office.shop.call("DELETE", path, by=account)

    assert of(export)["attributes"]["customerNotes"] == [
        {
            "uuid": created["id"],
            "authorKind": "operator",
            "author": created["attributes"]["author"],
            "text": "canary",
            "createdAt": created["attributes"]["createdAt"],
        }
    ]
    (left,) = of(await office.call("GET", f"{path}/notes"))
    assert left["attributes"] == created["attributes"] | {"text": None}
    refused = await office.call("POST", f"{path}/notes", {"text": "x"})
    assert only_error(refused)[:2] == (404, "1201")
