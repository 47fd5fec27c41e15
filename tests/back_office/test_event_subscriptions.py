"""Managing the receivers of events."""

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.operators.scopes import Scope
from tests.events.receivers import ScriptedReceivers
from tests.shop import only_error
from tests.tables import rows

URL = "https://carts.shop.example/events"
NEW = {"name": "cart service", "url": URL}
PATH = "/event-subscriptions"
NOT_FOUND = (404, "1282", "Event subscription not found.")


@pytest.fixture
def receivers():
    return ScriptedReceivers()


@pytest.fixture
async def office(open_office, receivers):
    return await open_office(receivers=receivers)


async def create(office, **changes):
    answer = await office.call("POST", PATH, NEW | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def attributes(office, uuid):
    return (await office.call("GET", f"{PATH}/{uuid}")).json()["data"]["attributes"]


async def deliver(office):
    await office.shop.container.event_worker.run_once()


async def test_a_new_receiver_shows_its_secret_once(office):
    created = await create(office)
    read = await office.call("GET", f"{PATH}/{created['id']}")
    listed = await office.call("GET", PATH)

    now = "2026-03-14 09:26:53.589793"
    assert created["attributes"] == {
        "name": "cart service",
        "url": URL,
        "types": [],
        "withPersonalData": False,
        "position": "0000000000000000000",
        "undelivered": 0,
        "parked": 0,
        "failures": 0,
        "pausedUntil": None,
        "lastError": None,
        "deliveredAt": None,
        "oldSecretExpiresAt": None,
        "createdAt": now,
        "updatedAt": now,
    }
    secret = created["meta"]["signingSecret"]
    assert secret.startswith("whsec_")
    assert read.json()["data"]["attributes"] == created["attributes"]
    assert [it["id"] for it in listed.json()["data"]] == [created["id"]]
    assert secret not in read.text + listed.text


async def test_it_is_told_of_what_happens_from_then_on(office, receivers):
    await office.customer("before@shop.example")
    await deliver(office)
    created = await create(office, types=["customer.registered"])
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"firstName": "Grace"})

    await deliver(office)

    (event,) = receivers.taken[URL]
    assert (event["subject"], event["type"]) == (reference, "customer.registered")
    assert event["source"] == "/v1"
    assert "customer" not in event["data"]
    shown = await attributes(office, created["id"])
    assert (shown["position"][-1], shown["deliveredAt"]) == ("3", "2026-03-14 09:26:53.589793")


async def test_personal_data_is_shown_as_it_is_at_delivery(office, receivers):
    await create(office, withPersonalData=True)
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"firstName": "Grace"})
    new = {
        "salutation": "Ms",
        "firstName": "Grace",
        "lastName": "Example",
        "address1": "Main Street",
        "address2": "1",
        "zipCode": "10115",
        "city": "Berlin",
        "iso2Code": "DE",
        "isDefaultBilling": False,
        "isDefaultShipping": False,
    }
    added = await office.call("POST", f"/customers/{reference}/addresses", new)
    assert added.status_code == 201, added.text

    await deliver(office)

    registered, changed, place = receivers.taken[URL]
    assert registered["data"]["customer"]["firstName"] == "Grace"
    assert changed["data"]["customer"] == registered["data"]["customer"] | {
        "email": "ada@shop.example",
        "lastName": "Example",
        "registeredAt": None,
    }
    assert place["data"]["address"]["city"] == "Berlin"
    assert "address" not in changed["data"]


@pytest.mark.promise("S113")
async def test_nothing_personal_is_told_of_those_who_were_erased_meanwhile(office, receivers):
    await create(office, withPersonalData=True)
    account = await office.shop.account()
    await office.shop.call("DELETE", f"/customers/{account.reference}", by=account)

    await deliver(office)

    assert [event["type"] for event in receivers.taken[URL]][-1] == "customer.anonymized"
    assert all("customer" not in event["data"] for event in receivers.taken[URL])
    assert b"ada" not in b"".join(receivers.bodies.values())


async def test_a_change(office, receivers):
    created = await create(office)
    path = f"{PATH}/{created['id']}"
    other = {"name": "CRM", "url": "https://crm.shop.example/", "types": ["customer.updated"]}
    answer = await office.call("PATCH", path, other)
    same = await office.call("PATCH", path, other | {"withPersonalData": False})
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"firstName": "Grace"})
    await deliver(office)

    assert answer.json()["data"]["attributes"].items() >= other.items()
    assert same.status_code == 200
    assert [it["type"] for it in receivers.taken["https://crm.shop.example/"]] == [
        "customer.updated"
    ]
    assert receivers.asked[URL] == []


async def test_a_change_lets_a_paused_receiver_be_tried_at_once(office, receivers):
    created = await create(office)
    receivers.refuse(URL, "status_401")
    await office.customer()
    await deliver(office)
    paused = await attributes(office, created["id"])
    receivers.accept(URL)

    await office.call("PATCH", f"{PATH}/{created['id']}", {"name": "mended"})
    await deliver(office)

    assert (paused["failures"], paused["lastError"]) == (1, "status_401")
    assert paused["pausedUntil"] == "2026-03-14 09:26:54.589793"
    assert len(receivers.taken[URL]) == 1
    shown = await attributes(office, created["id"])
    assert (shown["failures"], shown["pausedUntil"]) == (0, None)


async def test_after_a_rotation_events_have_two_signatures_for_a_day(office, receivers):
    created = await create(office)
    rotated = await office.call("POST", f"{PATH}/{created['id']}/secrets")
    counts = []
    for email in ("a@shop.example", "b@shop.example"):
        await office.customer(email)
        await deliver(office)
        sent = receivers.taken[URL][-1]["id"]
        counts.append(len(receivers.headers[sent]["webhook-signature"].split()))
        office.shop.clock.advance(hours=24)
        office.token = await office.token_of("root@shop.example")

    assert counts == [2, 1]
    data = rotated.json()["data"]
    assert data["meta"]["signingSecret"] != created["meta"]["signingSecret"]
    assert data["attributes"]["oldSecretExpiresAt"] == "2026-03-15 09:26:53.589793"


async def test_a_removed_receiver_is_told_of_nothing(office, receivers):
    created = await create(office)
    receivers.refuse(URL, when=lambda event: event["type"] == "customer.registered")
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"firstName": "Grace"})
    await office.customer("b@shop.example")
    await deliver(office)

    removed = await office.call("DELETE", f"{PATH}/{created['id']}")
    asked = len(receivers.asked[URL])
    office.shop.clock.advance(seconds=600)
    await deliver(office)

    assert removed.status_code == 204
    assert len(receivers.asked[URL]) == asked
    assert only_error(await office.call("GET", f"{PATH}/{created['id']}")) == NOT_FOUND


async def lacking(office, receivers):
    """Return a receiver that did not take the first of two events about a customer, and took others."""
    created = await create(office)
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"firstName": "Grace"})
    await office.customer("b@shop.example")
    receivers.refuse(URL, "status_400", when=lambda event: event["subject"] == reference)
    await deliver(office)
    return created["id"], reference


async def test_what_a_receiver_lacks_is_listed(office, receivers):
    uuid, reference = await lacking(office, receivers)

    first = (await office.call("GET", f"{PATH}/{uuid}/undelivered-events?page[size]=1")).json()
    _, _, rest = first["links"]["next"].partition("/back-office/v1")
    second = (await office.call("GET", rest)).json()

    (head,), (behind,) = first["data"], second["data"]
    assert head["type"] == "undelivered-events"
    assert head["attributes"] == {
        "type": "customer.registered",
        "subject": reference,
        "sequence": "0000000000000000001",
        "time": "2026-03-14 09:26:53.589793",
        "data": {},
        "tries": 1,
        "nextTryAt": "2026-03-14 09:26:58.589793",
        "parkedAt": None,
        "lastError": "status_400",
    }
    assert (behind["attributes"]["tries"], behind["attributes"]["lastError"]) == (0, None)
    assert (await attributes(office, uuid))["undelivered"] == 2


async def test_a_retry_is_at_once(office, receivers):
    uuid, reference = await lacking(office, receivers)
    receivers.accept(URL)

    answer = await office.call("POST", f"{PATH}/{uuid}/retries")
    await deliver(office)

    assert answer.status_code == 202
    assert receivers.subjects(URL)[1:] == [
        (reference, "customer.registered"),
        (reference, "customer.updated"),
    ]


async def test_a_parked_event_can_be_retried(office, receivers):
    uuid, reference = await lacking(office, receivers)
    for _ in range(9):
        office.shop.clock.advance(days=1)
        await deliver(office)
    office.token = await office.token_of("root@shop.example")
    parked = (await attributes(office, uuid))["parked"]
    receivers.accept(URL)

    await office.call("POST", f"{PATH}/{uuid}/retries")
    await deliver(office)

    assert parked == 1
    assert [subject for subject, _ in receivers.subjects(URL)].count(reference) == 2
    assert (await attributes(office, uuid))["parked"] == 0


async def test_an_event_that_is_given_up_lets_the_next_one_through(office, receivers):
    uuid, reference = await lacking(office, receivers)
    path = f"{PATH}/{uuid}/undelivered-events"
    (head, _) = (await office.call("GET", path)).json()["data"]
    receivers.accept(URL)

    answers = [await office.call("DELETE", f"{path}/{head['id']}") for _ in range(2)]
    await deliver(office)

    assert answers[0].status_code == 204
    assert only_error(answers[1]) == (404, "1283", "The receiver does not lack this event.")
    assert receivers.subjects(URL)[1:] == [(reference, "customer.updated")]


async def test_a_replay_goes_on_behind_a_place(office, receivers):
    created = await create(office)
    for name in "abc":
        await office.customer(f"{name}@shop.example")
    await deliver(office)
    path = f"{PATH}/{created['id']}/replays"
    first = [event["id"] for event in receivers.taken[URL]]

    answer = await office.call("POST", path, {"after": "0000000000000000001"})
    await deliver(office)

    assert answer.status_code == 201
    assert answer.json()["data"]["attributes"]["position"][-1] == "1"
    assert [event["id"] for event in receivers.taken[URL]] == first + first[1:]


async def test_a_replay_without_a_place_gives_up_what_is_lacking(office, receivers):
    uuid, _ = await lacking(office, receivers)
    receivers.accept(URL)

    answer = await office.call("POST", f"{PATH}/{uuid}/replays", {})
    office.shop.clock.advance(seconds=600)
    await deliver(office)

    shown = answer.json()["data"]["attributes"]
    assert (shown["undelivered"], shown["position"][-1]) == (0, "3")
    assert len(receivers.taken[URL]) == 1


async def test_a_replay_needs_a_place_that_is_there(office):
    created = await create(office)
    await office.customer()
    await deliver(office)
    path = f"{PATH}/{created['id']}/replays"
    unknown = [await office.call("POST", path, {"after": it}) for it in ("2", "x", "-1")]
    office.shop.clock.advance(days=31)
    await office.shop.container.retention.purge_events()
    office.token = await office.token_of("root@shop.example")
    late = await office.call("POST", path, {"after": "0"})

    assert {only_error(it)[:2] for it in unknown} == {(400, "1281")}
    assert only_error(late)[:2] == (410, "1280")


async def test_every_write_is_noted_without_its_values(office, receivers):
    uuid, _ = await lacking(office, receivers)
    path = f"{PATH}/{uuid}"
    (head, _) = (await office.call("GET", f"{path}/undelivered-events")).json()["data"]
    await office.call("PATCH", path, {"name": "CRM", "url": URL})
    await office.call("POST", f"{path}/secrets")
    await office.call("POST", f"{path}/retries")
    await office.call("DELETE", f"{path}/undelivered-events/{head['id']}")
    await office.call("POST", f"{path}/replays", {})
    await office.call("DELETE", path)

    assert await office.trail(uuid) == [
        ("event_subscription.created", ""),
        ("event_subscription.changed", "name"),
        ("event_subscription.secret_rotated", ""),
        ("event_subscription.retried", ""),
        ("event_subscription.replayed", ""),
        ("event_subscription.removed", ""),
    ]
    assert await office.trail(head["id"]) == [("event.given_up", "")]
    assert URL not in "".join(map(str, await rows(office.shop, AuditEventRow)))


@pytest.mark.parametrize(
    "url", ["http://carts.shop.example/", "https://a:b@shop.example/", "carts", "https://x/#y"]
)
async def test_events_go_to_good_addresses_alone(office, url):
    created = await create(office)
    refused = [
        await office.call("POST", PATH, NEW | {"url": url}),
        await office.call("PATCH", f"{PATH}/{created['id']}", {"url": url}),
    ]

    assert {only_error(it)[:2] for it in refused} == {(422, "1284")}
    assert (await attributes(office, created["id"]))["url"] == URL


async def test_hosts_without_tls_have_to_be_named(open_office):
    office = await open_office(event_plain_hosts=("carts.internal",))

    created = await create(office, url="http://carts.internal/events")

    assert created["attributes"]["url"] == "http://carts.internal/events"


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"name": ""}, "name => This value should not be blank."),
        ({"url": None}, "url => This value should not be blank."),
        ({"types": ["customer.unknown"]}, "types => One or more of the given values is invalid."),
        ({"withPersonalData": "yes"}, "withPersonalData => This value should be of type bool."),
    ],
)
async def test_values_that_are_none(office, wrong, detail):
    answer = await office.call("POST", PATH, NEW | wrong)

    assert only_error(answer) == (422, "1202", detail)


async def test_nobody_has_personal_data_sent_who_may_not_see_it(office):
    token = await office.client_token(await office.client(Scope.EVENTS_WRITE))
    shown = await create(office, withPersonalData=True)
    hidden = await create(office)

    refused = [
        await office.call("POST", PATH, NEW | {"withPersonalData": True}, token=token),
        await office.call(
            "PATCH", f"{PATH}/{hidden['id']}", {"withPersonalData": True}, token=token
        ),
        await office.call(
            "PATCH", f"{PATH}/{shown['id']}", {"url": "https://evil.example/"}, token=token
        ),
    ]
    allowed = [
        await office.call("PATCH", f"{PATH}/{shown['id']}", {"name": "x"}, token=token),
        await office.call(
            "PATCH", f"{PATH}/{shown['id']}", {"withPersonalData": False}, token=token
        ),
    ]

    assert {only_error(it)[:2] for it in refused} == {(403, "1240")}
    assert [it.status_code for it in allowed] == [200, 200]


@pytest.mark.parametrize(
    ("method", "path", "attributes"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/secrets", None),
        ("POST", "/replays", {}),
        ("POST", "/retries", None),
        ("GET", "/undelivered-events", None),
        ("DELETE", "/undelivered-events/none", None),
    ],
)
async def test_a_receiver_that_is_none(office, method, path, attributes):
    answer = await office.call(method, f"{PATH}/none{path}", attributes)

    assert only_error(answer) == NOT_FOUND
