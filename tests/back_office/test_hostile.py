"""Hostile requests to every route of the back office, by somebody who may do everything."""

from urllib.parse import quote

import pytest

from customer_api.api.back_office.deps import PREFIX
from customer_api.api.documents import back_office_openapi
from tests.back_office.conftest import BASE
from tests.contract.texts import ONE_DATABASE
from tests.hostile.corpus import NO_ENVELOPE, NOT_JSON, TEXTS, values_of
from tests.hostile.operations import operations_of
from tests.shop import address

ALL = operations_of(back_office_openapi(), PREFIX)
DOCUMENTS = [it for it in ALL if it.fields and not it.is_form]
GOOD = address() | {
    "email": "new@shop.example",
    "firstName": "New",
    "lastName": "Name",
    "role": "viewer",
    "name": "client",
    "reason": "why",
    "scopes": ["customers:read"],
    "allowedGrants": ["client_credentials"],
    "username": "a@shop.example",
    "password": "Corr3ct-Horse!",
    "key": "key",
}
ANSWERS = {200, 201, 202, 204, 400, 401, 403, 404, 409, 412, 422, 429}
QUERIES = [
    "q=%00",
    "q=%ff",
    "q=%ED%A0%80",
    "q=" + "a" * 5_000,
    "q=%F0%9F%92%A9%F0%9F%92%A9",
    "q=%22%22%22",
    "q=%25%25%25%5C%2F_",
    "q=NEAR(a%20b)",
    "q=%EF%B7%BA" * 1,
    "filter[customers.email]=%EF%B7%BA%EF%B7%BA@%EF%B7%BA",
    "filter[customers.createdFrom]=99999-01-01",
    "filter[customers.createdFrom]=2026-W10",
    "filter[customers.createdTo]=0000-00-00",
    "filter[customers.createdTo]=9999-12-31T23:59:59.999999",
    "filter[]=1",
    "sort=,",
    "sort=-",
    "page[size]=-1",
    "page[size]=1e2",
    "page[size]=%D9%A1",
    "page[after]=%2B%2F",
    "page[after]=====",
    "page[offset]=-1",
    "include=addresses,addresses&include=x",
    "fields[customers]=",
]


@pytest.fixture
async def target(office):
    """Return the path of an operation, about somebody who exists."""
    reference = await office.customer()

    def of(operation):
        return operation.target(reference, "none").removeprefix(PREFIX)

    return of


async def send(office, operation, path, body):
    headers = {
        "Authorization": f"Bearer {office.token}",
        "Content-Type": "application/vnd.api+json",
    }
    return await office.shop.client.request(
        operation.method, BASE + path, content=body, headers=headers
    )


@ONE_DATABASE
@pytest.mark.promise("G1")
@pytest.mark.parametrize("operation", DOCUMENTS, ids=str)
async def test_what_is_no_document_is_400(office, target, operation):
    # One function reads them all, so that each document is tried on every fourth route.
    turn = DOCUMENTS.index(operation) % 4
    for name, body in list((NOT_JSON | NO_ENVELOPE).items())[turn::4]:
        sent = body.replace(b"TYPE", operation.resource_type.encode())
        answer = await send(office, operation, target(operation), sent)

        assert answer.status_code == 400, (name, answer.text)


@pytest.mark.promise("G1")
@pytest.mark.parametrize("operation", DOCUMENTS, ids=str)
async def test_hostile_values_are_stored_or_refused(office, target, operation, database_url):
    good = {name: GOOD[name] for name in operation.fields if name in GOOD}
    for field, name, value in values_of(operation.fields, database_url):
        answer = await office.call(
            operation.method,
            target(operation),
            good | {field: value},
            resource_type=operation.resource_type,
        )

        assert answer.status_code in ANSWERS, (field, name, answer.text)


@pytest.mark.promise("G1")
@pytest.mark.parametrize("operation", [it for it in ALL if it.has_id], ids=str)
async def test_hostile_ids_are_not_found(office, operation, database_url):
    is_sqlite = database_url.startswith("sqlite")
    for name, text in TEXTS.items():
        if not text.strip("./ "):
            continue  # no segment of a path
        if not is_sqlite and text.isascii() and text.isprintable():
            continue  # nothing that its driver would encode
        path = operation.target(quote(text[:2000], safe="")).removeprefix(PREFIX)
        body = {name: GOOD.get(name) for name in operation.fields} if operation.fields else None
        answer = await office.call(
            operation.method, path, body, resource_type=operation.resource_type
        )

        assert answer.status_code in {400, 404, 405, 422}, (name, answer.text)


@pytest.mark.promise("G1")
@pytest.mark.parametrize("query", QUERIES)
async def test_hostile_queries_are_answered(office, query):
    headers = {"Authorization": f"Bearer {office.token}"}
    answer = await office.shop.client.get(f"{BASE}/customers?{query}", headers=headers)

    assert answer.status_code in {200, 400}, answer.text
