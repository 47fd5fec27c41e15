"""What audit events tell of what operators saw and did, and that they tell of nothing else."""

import logging

import pytest

from customer_api.api.back_office.deps import Operated, checks_of
from customer_api.api.routers import BACK_OFFICE_ROUTERS, routes_of
from customer_api.audit.models import AuditEventRow
from customer_api.core.types import SessionCheck
from customer_api.customers import repository as customers
from customer_api.operators.customer_access import AuditedUnits
from customer_api.operators.scopes import Scope
from tests.contract.texts import ONE_DATABASE
from tests.recorded import recorded
from tests.shop import only_error
from tests.tables import rows

BAD_KEY = {"Idempotency-Key": "a b"}


async def test_who_saw_a_customer_in_a_list_is_found_by_the_customer(office):
    one, other = await office.customer(firstName="Bob"), await office.customer("b@shop.example")
    await office.call("GET", "/customers?q=bob")

    assert await office.trail("") == [("customer.listed", "q")]
    assert ("customer.shown", "") in await office.trail(one)
    assert ("customer.shown", "") not in await office.trail(other)


async def test_an_address_book_that_was_included_is_named(office):
    reference = await office.customer()
    await office.call("GET", f"/customers/{reference}?include=addresses,made-up")

    assert (await office.trail(reference))[1:] == [("customer.read", "addresses")]


async def test_an_answer_that_is_shown_again_is_noted(office):
    reference = await office.customer()
    path, headers = f"/customers/{reference}", {"Idempotency-Key": "one"}
    answers = [await office.call("PATCH", path, {"phone": "1"}, headers=headers) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert (await office.trail(reference))[1:] == [
        ("customer.changed", "phone"),
        ("answer.repeated", ""),
    ]


async def test_a_change_of_nothing_is_a_look(office):
    reference = await office.customer()
    writer = await office.client_token(await office.client(Scope.CUSTOMERS_WRITE))
    await office.call("PATCH", f"/customers/{reference}", {}, token=writer)

    assert (await office.trail(reference))[1:] == [("customer.read", "")]


async def test_locks_that_change_nothing_leave_no_event(office, caplog):
    caplog.set_level(logging.INFO)
    reference = await office.customer()
    path, lock = f"/customers/{reference}/lock", {"reason": "fraud"}
    await office.call("DELETE", path)
    await office.call("PUT", path, lock, resource_type="customer-locks")
    before = (await office.call("GET", f"/customers/{reference}")).headers["etag"]
    again = await office.call("PUT", path, lock, resource_type="customer-locks")
    after = (await office.call("GET", f"/customers/{reference}")).headers["etag"]

    assert again.status_code == 200
    assert before == after
    assert [it for it in await office.trail(reference) if "lock" in it[0]] == [
        ("customer.locked", "reason")
    ]
    events = [name for name, _ in recorded(caplog)]
    assert "customer_unlocked" not in events
    assert events.count("customer_locked") == 1


async def test_an_override_of_the_email_is_a_security_event(office, caplog):
    caplog.set_level(logging.INFO)
    reference = await office.customer()
    await office.call("PATCH", f"/customers/{reference}", {"email": "new@shop.example"})

    assert ("email_changed", {"reference": reference}) in list(recorded(caplog))


async def test_an_unlocked_customer_does_not_wait_for_what_failed_before(office):
    account = await office.shop.account()
    path = f"/customers/{account.reference}/lock"
    await office.call("PUT", path, {"reason": "fraud"}, resource_type="customer-locks")
    refused = [(await office.shop.log_in()).status_code for _ in range(12)]
    await office.call("DELETE", path)

    assert 429 in refused
    assert (await office.shop.log_in()).status_code == 201


async def test_ends_of_sessions_can_be_repeated(office):
    account = await office.shop.account()
    path, headers = f"/customers/{account.reference}/sessions", {"Idempotency-Key": "one"}
    (session,) = (await office.call("GET", path)).json()["data"]
    one = [await office.call("DELETE", f"{path}/{session['id']}", headers=headers) for _ in "ab"]
    every = [await office.call("DELETE", path, headers=headers) for _ in "ab"]

    assert {it.status_code for it in (*one, *every)} == {204}
    ended = [action for action, _ in await office.trail(account.reference)]
    assert ended.count("session.ended") == 2


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, route.path)
        for route in routes_of(BACK_OFFICE_ROUTERS)
        for method in route.methods or ()
        if isinstance(checks_of(route), Operated)
    ],
)
async def test_a_bad_token_is_refused_before_a_bad_key(office, method, path):
    path = path.replace("{", "").replace("}", "")
    answer = await office.call(method, path, {}, token="nonsense", headers=BAD_KEY)

    assert only_error(answer)[:2] == (401, "001")


async def test_a_caller_without_the_scope_does_not_learn_of_a_bad_key(office):
    reader = await office.client_token(await office.client(Scope.CUSTOMERS_READ))
    path = f"/customers/{await office.customer()}/lock"
    refused = await office.call("DELETE", path, token=reader, headers=BAD_KEY)
    invalid = await office.call("DELETE", path, headers=BAD_KEY)

    assert only_error(refused)[:2] == (403, "1240")
    assert invalid.status_code == 400


async def test_units_for_others_leave_no_events(office):
    class Anybody(SessionCheck[str]):
        def find(self, _connection, _claims):
            return "found"

        def lock(self, _connection, _claims):
            return "locked"

    shop = office.shop
    units = AuditedUnits(shop.container.back_office.units, shop.clock).checked_by(Anybody())

    assert await units.read_as(None, lambda _, session: session) == "found"
    assert await units.write_as(None, lambda _, session: session) == "locked"


async def test_units_without_a_caller_leave_no_events(office):
    reference = await office.customer()
    units = AuditedUnits(office.shop.container.back_office.units, office.shop.clock)
    before = await rows(office.shop, AuditEventRow)

    found = await units.read(lambda it: customers.find_by_reference(it, reference))
    locked = await units.write(lambda it: customers.lock_by_reference(it, reference))
    await units.scrub()

    assert found == locked
    assert await rows(office.shop, AuditEventRow) == before
