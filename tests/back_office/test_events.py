"""Reading the log of events from one place on."""

import pytest

from customer_api.events.models import EventRow
from customer_api.operators.scopes import Scope
from tests.shop import only_error
from tests.tables import rows


async def deliver(office):
    await office.shop.container.event_worker.run_once()


async def read(office, query="", **options):
    answer = await office.call("GET", f"/events{query}", **options)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def reader(office):
    """The token of a client that may read events and nothing else."""
    return await office.client_token(await office.client(Scope.EVENTS_READ))


async def test_a_client_reads_what_happened_and_goes_on_from_there(office, reader):
    first = await office.customer()
    await deliver(office)
    page = await read(office, token=reader)
    empty = await read(office, f"?after={page['meta']['cursor']}", token=reader)
    await office.call("PATCH", f"/customers/{first}", {"firstName": "Grace"})
    await deliver(office)
    more = await read(office, f"?after={empty['meta']['cursor']}", token=reader)

    (event,) = page["data"]
    (row, _) = await rows(office.shop, EventRow)
    assert event == {
        "type": "events",
        "id": row.uuid,
        "attributes": {
            "type": "customer.registered",
            "subject": first,
            "sequence": "0000000000000000001",
            "time": "2026-03-14 09:26:53.589793",
            "data": {},
        },
        "links": {"self": "http://api.shop.example/back-office/v1/events"},
    }
    assert page["meta"] == empty["meta"] == {"cursor": "0000000000000000001"}
    assert empty["data"] == []
    (event,) = more["data"]
    assert event["attributes"]["data"] == {"changed": ["firstName"]}


async def test_the_link_to_the_next_page_keeps_what_was_asked_for(office, reader):
    for name in "abc":
        await office.customer(f"{name}@shop.example")
    await deliver(office)
    seen, query = [], "?page[size]=2&filter[events.type]=customer.registered,customer.anonymized"

    for _ in range(3):
        page = await read(office, query, token=reader)
        seen.append([event["attributes"]["sequence"][-1] for event in page["data"]])
        _, _, query = page["links"]["next"].partition("/events")

    assert seen == [["1", "2"], ["3"], []]


async def test_other_types_are_passed_over(office, reader):
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"firstName": "Grace"})
    await deliver(office)

    page = await read(office, "?filter[type]=customer.updated", token=reader)
    behind = await read(office, "?filter[type]=customer.anonymized", token=reader)

    assert [event["attributes"]["type"] for event in page["data"]] == ["customer.updated"]
    assert (behind["data"], behind["meta"]["cursor"]) == ([], "0000000000000000002")


async def test_what_has_no_place_yet_is_not_shown(office, reader):
    await office.customer()

    assert (await read(office, token=reader))["data"] == []


async def test_whoever_comes_too_late_is_told(office, reader):
    await office.customer()
    await deliver(office)
    office.shop.clock.advance(days=31)
    reader = await office.client_token(await office.client(Scope.EVENTS_READ))
    await office.shop.container.retention.purge_events()

    late = await office.call("GET", "/events?after=0", token=reader)
    anew = await read(office, token=reader)

    assert only_error(late) == (410, "1280", "Events behind this place are there no more.")
    assert (anew["data"], anew["meta"]["cursor"]) == ([], "0000000000000000001")


async def test_events_are_kept_for_a_month(office):
    await office.customer()
    await deliver(office)
    retention = office.shop.container.retention

    office.shop.clock.advance(days=30)
    assert await retention.purge_events() == 0
    office.shop.clock.advance(seconds=1)
    assert await retention.purge_events() == 1


@pytest.mark.parametrize(
    "place", ["2", "-1", "x", "", "1.0", "9223372036854775808", "0x1", "\u0661"]
)
async def test_a_place_that_never_was(office, reader, place):
    await office.customer()
    await deliver(office)

    answer = await office.call("GET", f"/events?after={place}", token=reader)

    assert only_error(answer) == (400, "1281", "There was never such a place in the log of events.")


@pytest.mark.parametrize(
    "query",
    [
        "page[size]=0",
        "page[size]=101",
        "page[after]=x",
        "page[before]=x",
        "sort=time",
        "count=exact",
        "filter[subject]=x",
        "filter[type]=customer.unknown",
        "filter[type]=",
    ],
)
async def test_what_the_log_does_not_understand(office, reader, query):
    answer = await office.call("GET", f"/events?{query}", token=reader)

    assert only_error(answer)[:2] == (400, "1203")
