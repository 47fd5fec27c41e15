"""`/audit-events`: who did what to whom when, the newest first."""

from itertools import chain, pairwise

import pytest

from customer_api.audit import repository
from customer_api.audit.models import COMMAND_LINE, Action, Actor, ActorKind, AuditEventRow
from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import BASE
from tests.contract.texts import ONE_DATABASE
from tests.shop import only_error
from tests.tables import rows

INVALID = (400, "1203", "Sort, filter, page or count is not valid.")
GRACE, JOE = (f"{number * 8}-0000-4000-8000-000000000000" for number in ("1", "2"))


@pytest.fixture
async def viewer(office):
    """A caller who may read audit events, and nothing else."""
    return await office.client_token(await office.client(Scope.AUDIT_READ))


@pytest.fixture
async def trail(office):
    """Add six events to those that the office made: who, what, whom; a minute apart."""
    start = len(await rows(office.shop, AuditEventRow))
    for actor, action, subject in (
        (GRACE, Action.CUSTOMER_READ, "DE--1"),
        (GRACE, Action.CUSTOMER_CHANGED, "DE--1"),
        (JOE, Action.CUSTOMER_READ, "DE--2"),
        (JOE, Action.CUSTOMER_CHANGED, "DE--2"),
        (GRACE, Action.CUSTOMER_READ, "DE--2"),
        (GRACE, Action.CUSTOMERS_LISTED, ""),
    ):
        office.shop.clock.advance(minutes=1)
        await add(office, Actor(ActorKind.OPERATOR, actor, "request"), action, subject)
    return (await rows(office.shop, AuditEventRow))[start:]


async def add(office, actor, action, subject, fields=()):
    now = office.shop.clock.now()
    await office.shop.container.units.write(
        lambda it: repository.add(it, actor, action, subject, now=now, fields=fields)
    )


async def get(office, query="", token=None):
    answer = await office.call("GET", f"/audit-events{query}", token=token)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page):
    """Return the ids on a page."""
    return [it["id"] for it in page["data"]]


async def subjects(office, query):
    """Return action and subject of the events on a page."""
    return [
        (it["attributes"]["action"], it["attributes"]["subject"])
        for it in (await get(office, query))["data"]
    ]


async def test_an_event_tells_who_did_what_to_whom_when(office, viewer):
    created = await office.call(
        "POST", "/operators", {"email": "vi@shop.example", "role": "viewer"}
    )
    uuid = created.json()["data"]["id"]
    office.shop.clock.advance(seconds=1)
    changed = await office.call("PATCH", f"/operators/{uuid}", {"role": "support", "isAgent": True})

    listed = await get(office, f"?filter[audit-events.subject]={uuid}", viewer)
    (event, _) = listed["data"]
    read = await office.call("GET", f"/audit-events/{event['id']}", token=viewer)

    root = (await rows(office.shop, AuditEventRow))[0].subject
    shown = read.json()["data"]
    assert (shown["id"], shown["attributes"]) == (event["id"], event["attributes"])
    assert shown["links"]["self"] == f"{BASE}/audit-events/{event['id']}"
    assert event["attributes"] == {
        "action": "operator.changed",
        "subject": uuid,
        "actorKind": "operator",
        "actor": root,
        "fields": ["role", "isAgent"],
        "requestId": changed.headers["x-request-id"],
        "at": "2026-03-14 09:26:54.589793",
        "seal": None,
    }


async def test_what_is_not_known_is_null(office, viewer):
    await add(office, COMMAND_LINE, Action.CUSTOMERS_LISTED, "")

    (event, *_) = (await get(office, token=viewer))["data"]

    empty = [name for name, value in event["attributes"].items() if value in (None, [])]
    assert empty == ["subject", "actor", "fields", "requestId", "seal"]


async def test_an_event_tells_its_seal(office, viewer, trail):
    await office.shop.container.sealing.seal()
    await add(office, COMMAND_LINE, Action.CUSTOMER_READ, "DE--9")

    listed = (await get(office, "?page[size]=3", viewer))["data"]
    read = await office.call("GET", f"/audit-events/{listed[1]['id']}", token=viewer)

    assert [it["attributes"]["seal"] for it in listed] == [None, 1, 1]
    assert read.json()["data"]["attributes"]["seal"] == 1


async def test_reading_leaves_no_event(office, viewer, trail):
    before = await rows(office.shop, AuditEventRow)

    await get(office, token=viewer)
    await office.call("GET", f"/audit-events/{trail[0].uuid}", token=viewer)

    assert await rows(office.shop, AuditEventRow) == before


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
async def test_pages_follow_each_other_in_both_directions(office, trail, size):
    newest = [it.uuid for it in reversed(trail)]
    url, seen, pages = (
        f"{BASE}/audit-events?filter[from]=2026-03-14T09:27:00&page[size]={size}",
        [],
        [],
    )
    while url:
        page = (await office.shop.client.get(url, headers=bearer(office))).json()
        pages.append([it["id"] for it in page["data"]])
        seen += pages[-1]
        url, previous = page["links"].get("next"), page["links"].get("prev")

    back = []
    while previous:
        page = (await office.shop.client.get(previous, headers=bearer(office))).json()
        back.insert(0, [it["id"] for it in page["data"]])
        previous = page["links"].get("prev")

    assert seen == newest
    assert list(chain(*back)) == newest[: len(newest) - len(pages[-1])]


def bearer(office):
    return {"Authorization": f"Bearer {office.token}"}


async def test_a_page_stays_when_events_are_added(office, trail):
    first = await get(office, "?page[size]=2")
    await add(office, COMMAND_LINE, Action.CUSTOMER_READ, "DE--9")

    second = (await office.shop.client.get(first["links"]["next"], headers=bearer(office))).json()
    before = (await office.shop.client.get(second["links"]["prev"], headers=bearer(office))).json()

    assert ids(second) == [trail[3].uuid, trail[2].uuid]
    assert ids(before) == ids(first)


READ, CHANGED = "customer.read", "customer.changed"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("subject]=DE--1", [(CHANGED, "DE--1"), (READ, "DE--1")]),
        ("subject]=DE--2&filter[action]=customer.read", [(READ, "DE--2"), (READ, "DE--2")]),
        (f"subject]=DE--2&filter[actor]={GRACE}", [(READ, "DE--2")]),
        (f"actor]={JOE}", [(CHANGED, "DE--2"), (READ, "DE--2")]),
        (f"actor]={GRACE}&filter[action]=customer.changed", [(CHANGED, "DE--1")]),
        ("action]=customer.changed", [(CHANGED, "DE--2"), (CHANGED, "DE--1")]),
        ("action]=customer.erased", []),
        (f"actor]={JOE}&filter[to]=2026-03-14T09:29:53.589793Z", [(READ, "DE--2")]),
        (f"actor]={JOE}&filter[to]=2026-03-14T09:29:53.589792Z", []),
        (f"actor]={JOE}&filter[from]=2026-03-14T09:30:53.589793", [(CHANGED, "DE--2")]),
        (f"actor]={JOE}&filter[from]=2026-03-14T09:30:53.589794", []),
        (f"actor]={JOE}&filter[from]=2026-03-14&filter[to]=2026-03-14", [(CHANGED, "DE--2"), (READ, "DE--2")]),
        (f"actor]={JOE}&filter[from]=2026-03-15", []),
        ("from]=2026-03-14T09:28:00Z&filter[to]=2026-03-14T09:29:00Z", [(CHANGED, "DE--1")]),
        ("subject]=unknown", []),
    ],
)  # fmt: skip
async def test_events_are_filtered(office, trail, query, expected):
    assert await subjects(office, f"?filter[audit-events.{query}") == expected


@pytest.mark.parametrize("span", [("09:27", "09:31"), ("09:29", "09:30"), ("09:00", "10:00")])
async def test_a_span_and_a_cursor_hold_at_once(office, trail, span):
    start, end = (f"2026-03-14T{it}:00Z" for it in span)
    query = f"filter[from]={start}&filter[to]={end}&page[size]=1"
    first = await get(office, f"?{query}")
    pages = [first]
    while "next" in pages[-1]["links"]:
        answer = await office.shop.client.get(pages[-1]["links"]["next"], headers=bearer(office))
        pages.append(answer.json())
    found = [ids(page)[0] for page in pages]
    whole = await get(office, f"?filter[from]={start}&filter[to]={end}")

    assert found == ids(whole)
    for page, later in pairwise(pages):
        answer = await office.shop.client.get(later["links"]["prev"], headers=bearer(office))
        assert ids(answer.json()) == ids(page)


@pytest.mark.parametrize("bound", ["filter[from]=2026-03-15", "filter[to]=2026-03-13"])
@pytest.mark.parametrize("direction", ["after", "before"])
async def test_a_cursor_outside_of_the_span_changes_nothing(office, trail, bound, direction):
    first = await get(office, "?page[size]=1")
    cursor = first["links"]["next"].rpartition("=")[2]

    page = await get(office, f"?page[{direction}]={cursor}&{bound}")

    assert page["data"] == []
    assert set(page["links"]) == {"self"}


@pytest.mark.parametrize(
    "query",
    [
        "filter[audit-events.action]=customer.eaten",
        "filter[customers.action]=customer.read",
        "filter[subject]=",
        "filter[from]=yesterday",
        "filter[to]=2026-13-01",
        "page[size]=0",
        "page[size]=101",
        "page[after]=x",
        "page[after]=bmV3ZXN0Om5vYm9keQ",
        "page[before]=bmV3ZXN0Om5vYm9keQ",
        "page[after]=bmV3ZXN0Om5vYm9keQ&page[before]=bmV3ZXN0Om5vYm9keQ",
    ],
)
async def test_what_the_list_does_not_have_is_refused(office, query):
    assert only_error(await office.call("GET", f"/audit-events?{query}")) == INVALID


async def test_an_unknown_event_is_not_found(office):
    answer = await office.call("GET", "/audit-events/unknown")

    assert only_error(answer) == (404, "1261", "Audit event not found.")


async def test_only_who_may_read_audit_events_does(office, trail):
    await office.operator("joe@shop.example", Role.SUPPORT)
    token = await office.token_of("joe@shop.example")

    for path in ("/audit-events", f"/audit-events/{trail[0].uuid}"):
        assert only_error(await office.call("GET", path, token=token))[:2] == (403, "1240")
        assert only_error(await office.call("GET", path, token=""))[:2] == (401, "002")


@ONE_DATABASE
@pytest.mark.parametrize("path", ["?page[size]=1&page[size]=2", "?filter[from]=%00"])
async def test_a_query_that_is_none_is_refused(office, path):
    answer = await office.call("GET", f"/audit-events{path}")

    assert only_error(answer) == (400, None, "Query parameters are invalid.")


async def test_events_at_one_moment_follow_each_other(office):
    for number in range(5):
        await add(office, COMMAND_LINE, Action.CUSTOMER_READ, f"DE--{number}")

    first = await get(office, "?page[size]=3&filter[action]=customer.read")
    second = (await office.shop.client.get(first["links"]["next"], headers=bearer(office))).json()

    found = [it["attributes"]["subject"] for it in first["data"] + second["data"]]
    assert found == ["DE--4", "DE--3", "DE--2", "DE--1", "DE--0"]
