"""A bug anywhere on the way of a request: its answer says nothing, and the next one is served."""

import logging

import pytest

from customer_api.api.headers import SECURITY_HEADERS
from tests.contract.texts import ONE_DATABASE
from tests.hostile.corpus import CANARY

PLACES = {
    "origin": "customer_api.api.origin.OriginCheck._allows",
    "headers": "customer_api.api.locales.Locales.negotiate",
    "paths": "customer_api.api.paths.ResourceTable.is_known",
    "query": "customer_api.api.paths.parse_query",
    "dependency": "customer_api.api.deps.get_links",
    "document": "customer_api.jsonapi.document.collection",
}


def fail(*_arguments, **_options):
    raise RuntimeError(CANARY)


@ONE_DATABASE
@pytest.mark.promise("S129", "S123")
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
async def test_a_bug_is_a_500_with_the_id_only_and_its_stack_is_in_the_log(
    shop, monkeypatch, caplog, place
):
    with monkeypatch.context() as broken, caplog.at_level(logging.INFO):
        broken.setattr(place, fail)
        answer = await shop.client.get("/stores", headers={"X-Request-Id": "0123456789"})
    after = await shop.client.get("/stores")

    assert (answer.status_code, after.status_code) == (500, 200)
    assert answer.headers["content-type"] == "application/vnd.api+json"
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    error = {
        "status": 500,
        "detail": "Internal Server Error",
        "meta": {"requestId": "0123456789"},
    }
    assert answer.json() == {"errors": [error]}
    (line,) = [it for it in caplog.records if it.message == "unexpected_error"]
    assert line.exc_info[0] is RuntimeError
