"""Events on their way, read by implementations of the specifications that are not ours."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from customer_api.core.clock import SystemClock
from customer_api.events.cloud_events import encode
from customer_api.events.models import Event, EventType
from customer_api.security.webhook_signatures import new_secret, signed_headers
from tests.events.conftest import CART

EVENT = Event(
    sequence=42,
    uuid="6d1d0a3e-9c2b-4b7e-9a59-2f3f6a1c0f11",
    type=EventType.CUSTOMER_UPDATED,
    subject="DE--7K3MX0Q2VD",
    at=datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC),
    data={"changed": ["firstName"]},
)
BODY = encode(EVENT, source="https://api.shop.example/v1", details={"customer": {"city": "Köln"}})


def test_an_event_has_the_members_of_the_specification():
    assert json.loads(BODY) == {
        "specversion": "1.0",
        "id": EVENT.uuid,
        "source": "https://api.shop.example/v1",
        "type": "customer.updated",
        "subject": "DE--7K3MX0Q2VD",
        "time": "2026-03-14T09:26:53.589793Z",
        "datacontenttype": "application/json",
        "sequence": "0000000000000000042",
        "partitionkey": "DE--7K3MX0Q2VD",
        "data": {"changed": ["firstName"], "customer": {"city": "Köln"}},
    }


async def test_a_receiver_can_read_and_verify_what_it_gets(event_log, make_worker, receivers):
    subscription = await event_log.subscribe()
    await event_log.record("DE--1", data={"changed": ["email"]})
    await make_worker(clock=SystemClock()).run_once()
    (sent,) = receivers.taken[CART]
    headers, body = receivers.headers[sent["id"]], receivers.bodies[sent["id"]]

    verified = Webhook(subscription.secret).verify(body, dict(headers))
    event = from_http_event(HTTPMessage(headers=dict(headers), body=body))

    assert verified == sent
    assert headers["webhook-id"] == event.get_id() == sent["id"]
    assert event.get_type() == "customer.updated"
    assert event.get_data() == {"changed": ["email"]}


def test_another_secret_or_body_is_noticed():
    secret, now = new_secret(), SystemClock().now()
    headers = signed_headers((secret,), EVENT.uuid, BODY, now=now)

    Webhook(secret).verify(BODY, headers)
    for other, body in ((new_secret(), BODY), (secret, BODY + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(other).verify(body, headers)


def test_after_a_rotation_both_secrets_verify():
    old, new = new_secret(), new_secret()
    headers = signed_headers((new, old), EVENT.uuid, BODY, now=SystemClock().now())

    for secret in (old, new):
        Webhook(secret).verify(BODY, headers)


def test_secrets_are_random_and_as_long_as_the_specification_asks():
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {len("whsec_") + 44}
