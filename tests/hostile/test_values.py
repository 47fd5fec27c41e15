"""Hostile values in every attribute, one at a time beside good ones, down to the database."""

import pytest

from tests.hostile.corpus import CANARY, values_of
from tests.hostile.mutation import good_body
from tests.hostile.operations import WITH_BODY
from tests.shop import PASSWORD, address, registration

GOOD = {
    "customers": registration(),
    "addresses": address(),
    "access-tokens": {"username": "ada@shop.example", "password": PASSWORD},
    "token": {"username": "ada@shop.example", "password": PASSWORD},
    "customer-forgotten-password": {"email": "ada@shop.example"},
}


def good_values(operation):
    """Return values that pass the rules, as far as they are known; a string for the others."""
    known = GOOD.get(operation.resource_type, {})
    return {name: known.get(name, CANARY) for name in operation.fields} | known


@pytest.fixture
async def account(hostile_shop):
    return await hostile_shop.account()


@pytest.fixture
async def book_entry(hostile_shop, account):
    path = f"/customers/{account.reference}/addresses"
    created = await hostile_shop.call("POST", path, address(), by=account)
    return created.json()["data"]["id"]


@pytest.mark.promise("G1", "S72")
@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
async def test_hostile_values_are_stored_or_refused(
    hostile, operation, account, book_entry, database_url
):
    target = operation.target(account.reference, book_entry)
    good = good_values(operation)
    for field, name, value in values_of(operation.fields, database_url):
        body = good_body(operation, good | {field: value})
        answer = await hostile.send(operation.method, target, body=body, token=account.access_token)

        assert answer.status in {200, 201, 204, 400, 401, 403, 404, 409, 422}, (field, name)
