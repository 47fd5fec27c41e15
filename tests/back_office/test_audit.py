"""What is done in the back office leaves a trace, in the transaction that does it."""

import pytest
from sqlalchemy import select

from customer_api.audit import repository as audit
from customer_api.audit.models import AuditEventRow
from customer_api.operators.scopes import Role, Scope
from tests.back_office.conftest import ROOT
from tests.tables import rows

VIEWER = "vi@shop.example"


async def trail(office):
    """Return actor kind, action and fields of all events, the oldest first."""
    events = await rows(office.shop, AuditEventRow)
    return [(it.actor_kind, it.action, it.fields) for it in events]


async def test_everything_that_is_done_to_operators_is_an_event(office):
    created = (await office.call("POST", "/operators", {"email": VIEWER, "role": "viewer"})).json()
    uuid = created["data"]["id"]
    await office.call("PATCH", f"/operators/{uuid}", {"role": "support", "isAgent": True})
    link = (await office.call("POST", f"/operators/{uuid}/password-links")).json()["data"]
    key = link["attributes"]["passwordLink"].rpartition("=")[2]
    password = {"key": key, "password": "Zx!9dkdk2kD#aa"}
    await office.call("POST", "/operator-passwords", password, token="")
    removed = await office.call("DELETE", f"/operators/{uuid}")

    events = await rows(office.shop, AuditEventRow)
    assert await trail(office) == [
        ("command_line", "operator.created", ""),
        ("operator", "operator.created", ""),
        ("operator", "operator.changed", "role,isAgent"),
        ("operator", "operator.password_linked", ""),
        ("operator", "operator.password_set", ""),
        ("operator", "operator.removed", ""),
    ]
    assert {it.subject for it in events[1:]} == {uuid}
    assert events[4].actor == uuid
    assert events[5].request_id == removed.headers["x-request-id"]
    assert VIEWER not in str(events)
    assert ROOT not in str(events)


async def test_everything_that_is_done_to_clients_is_an_event(office):
    client = await office.client(Scope.CLIENTS_WRITE)
    token = await office.client_token(client)
    path = f"/clients/{client[0]}"
    await office.call("PATCH", path, {"name": "shop", "allowedGrants": []}, token=token)
    await office.call("POST", f"{path}/secrets", token=token)
    await office.call("DELETE", path, token=token)

    assert (await trail(office))[1:] == [
        ("command_line", "client.created", ""),
        ("client", "client.changed", "name,grants"),
        ("client", "client.secret_rotated", ""),
        ("client", "client.removed", ""),
    ]


async def test_what_leaves_no_trace_is_not_done(office, monkeypatch):
    uuid = await office.operator(VIEWER, Role.VIEWER)

    def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr(audit, "add", fail)
    answer = await office.call("DELETE", f"/operators/{uuid}")

    assert answer.status_code == 500
    assert (await office.log_in(VIEWER)).status_code == 201


@pytest.mark.parametrize("path", ["/operators", "/clients"])
async def test_what_is_refused_leaves_no_trace(office, path):
    before = await trail(office)

    await office.call("DELETE", f"{path}/unknown")

    assert await trail(office) == before
    statement = select(AuditEventRow.id)
    ids = await office.shop.container.units.read(lambda it: it.execute(statement).scalars().all())
    assert len(ids) == len(before)
