"""Nobody reaches what is somebody else's: every route that names a customer or a thing of one."""

import re

import pytest

from customer_api.api.routers import STOREFRONT_ROUTERS
from customer_api.credentials.models import CredentialRow, OneTimeKeyRow
from customer_api.customers.models import CustomerRow
from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, PASSWORD, Account, Shop, address, details, only_error
from tests.tables import every_row, rows

promise = pytest.mark.promise
NOWHERE = "6f1d9d5c-3f3b-4a4e-9d5e-0a3a1c9f2b11"
NEW_PASSWORD = {
    "password": PASSWORD,
    "newPassword": OTHER_PASSWORD,
    "confirmPassword": OTHER_PASSWORD,
}
BOOK = "/customers/{reference}/addresses"
NEWSLETTERS = "/customers/{reference}/newsletter-subscriptions"

# What a foreign reference is answered, and what is sent to get that far.
BY_REFERENCE = {
    ("GET", "/customers/{reference}"): (None, (404, "402")),
    ("PATCH", "/customers/{reference}"): ({"firstName": "Mallory"}, (403, "411")),
    ("DELETE", "/customers/{reference}"): (None, (403, "411")),
    ("GET", BOOK): (None, (403, "411")),
    ("POST", BOOK): (address(), (403, "411")),
    ("GET", BOOK + "/{uuid}"): (None, (403, "411")),
    ("PATCH", BOOK + "/{uuid}"): ({"city": "Ulm", "isDefaultBilling": True}, (403, "411")),
    ("DELETE", BOOK + "/{uuid}"): (None, (403, "411")),
    ("GET", "/customers/{reference}/orders"): (None, (403, "802")),
    ("GET", NEWSLETTERS): (None, (403, "411")),
    ("POST", NEWSLETTERS): ({"newsletterType": NOWHERE}, (403, "411")),
    ("GET", NEWSLETTERS + "/{uuid}"): (None, (403, "411")),
    ("DELETE", NEWSLETTERS + "/{uuid}"): (None, (403, "411")),
    ("POST", "/customers/{reference}/order-claims"): ({}, (403, "411")),
    ("GET", "/customers/{reference}/overview"): (None, (403, "411")),
    ("GET", "/customers/{reference}/personal-data"): (None, (403, "411")),
    ("PATCH", "/customer-password/{reference}"): (NEW_PASSWORD, (403, "411")),
}
# What a foreign or unknown id of a thing is answered, under the caller's own reference if there is one.
BY_ID = {
    ("GET", BOOK + "/{uuid}"): (None, (404, "404")),
    ("PATCH", BOOK + "/{uuid}"): ({"city": "Ulm", "isDefaultBilling": True}, (404, "404")),
    ("DELETE", BOOK + "/{uuid}"): (None, (404, "404")),
    ("DELETE", NEWSLETTERS + "/{uuid}"): (None, (404, "453")),
    ("GET", "/sessions/{uuid}"): (None, (404, "440")),
    ("DELETE", "/sessions/{uuid}"): (None, (404, "440")),
    ("GET", "/orders/{reference}"): (None, (404, "801")),
    ("POST", "/orders/{reference}/reorders"): ({}, (404, "801")),
    ("GET", NEWSLETTERS + "/{uuid}"): (None, (404, "453")),
    ("GET", "/wishlists/{uuid}"): (None, (404, "201")),
    ("PATCH", "/wishlists/{uuid}"): ({"name": "A"}, (404, "201")),
    ("DELETE", "/wishlists/{uuid}"): (None, (404, "201")),
    ("POST", "/wishlists/{uuid}/wishlist-items"): ({"sku": "1"}, (422, "206")),
    ("PATCH", "/wishlists/{uuid}/wishlist-items/{item}"): ({}, (404, "201")),
    ("DELETE", "/wishlists/{uuid}/wishlist-items/{item}"): (None, (404, "201")),
    ("GET", "/shopping-lists/{uuid}"): (None, (404, "1503")),
    ("PATCH", "/shopping-lists/{uuid}"): ({"name": "A"}, (404, "1503")),
    ("DELETE", "/shopping-lists/{uuid}"): (None, (404, "1503")),
    ("POST", "/shopping-lists/{uuid}/shopping-list-items"): (
        {"sku": "1", "quantity": 1},
        (404, "1503"),
    ),
    ("PATCH", "/shopping-lists/{uuid}/shopping-list-items/{item}"): (
        {"quantity": 1},
        (404, "1503"),
    ),
    ("DELETE", "/shopping-lists/{uuid}/shopping-list-items/{item}"): (None, (404, "1503")),
}
# Everybody's business, and a logout, which answers 204 whatever token it is given.
OTHER_ROUTES = {
    ("GET", "/stores/{name}"),
    ("GET", "/newsletter-types/{uuid}"),
    ("PATCH", "/customer-restore-password/{anything}"),
    ("DELETE", "/refresh-tokens/{token}"),
}


@pytest.fixture
async def owner(shop: Shop) -> Account:
    return await shop.account("grace@shop.example")


@pytest.fixture
async def caller(shop: Shop, owner: Account) -> Account:
    return await shop.account()


@pytest.fixture
async def uuid(shop: Shop, owner: Account) -> str:
    """The id of the owner's address."""
    created = await shop.call("POST", BOOK.format(reference=owner.reference), address(), by=owner)
    return created.json()["data"]["id"]


@pytest.fixture
async def session(shop: Shop, owner: Account) -> str:
    """The id of the owner's session."""
    listed = await shop.call("GET", "/sessions", by=owner)
    return listed.json()["data"][0]["id"]


def filled(template, reference, thing):
    return template.format(reference=reference, uuid=thing, item=thing)


def facts(answer):
    """Return all that an answer tells, but the request's id."""
    headers = {name: it for name, it in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, headers, answer.content


async def belongings(shop):
    """Return everything that is stored, as far as answers to strangers could change it."""
    return [(table.name, row) for table, row in await every_row(shop)]


@promise("S53", "S54")
def test_every_route_that_names_something_is_in_one_of_the_tables():
    routes = {
        (method, route.path)
        for router in STOREFRONT_ROUTERS
        for route in router.routes
        for method in route.methods
        if "{" in route.path
    }

    assert routes == BY_REFERENCE.keys() | BY_ID.keys() | OTHER_ROUTES


@promise("S53", "S54")
@pytest.mark.parametrize("route", BY_REFERENCE, ids=" ".join)
async def test_a_foreign_reference_is_refused_like_one_that_does_not_exist(
    shop, owner, caller, uuid, route
):
    method, template = route
    attributes, expected = BY_REFERENCE[route]
    before = await belongings(shop)
    paths = [
        filled(template, owner.reference, uuid),
        filled(template, owner.reference, NOWHERE),
        filled(template, "DE--0000000000", NOWHERE),
    ]

    answers = [await shop.call(method, path, attributes, by=caller) for path in paths]

    assert only_error(answers[0])[:2] == expected
    assert facts(answers[0]) == facts(answers[1]) == facts(answers[2])
    assert await belongings(shop) == before


@promise("S54")
@pytest.mark.parametrize("route", BY_ID, ids=" ".join)
async def test_a_foreign_id_is_refused_like_one_that_does_not_exist(
    shop, caller, uuid, session, route
):
    method, template = route
    attributes, expected = BY_ID[route]
    foreign = session if template.startswith("/sessions") else uuid
    before = await belongings(shop)
    is_below = template.startswith((BOOK, NEWSLETTERS))
    paths = [
        filled(template, caller.reference if is_below else it, it) for it in (foreign, NOWHERE)
    ]

    answers = [await shop.call(method, path, attributes, by=caller) for path in paths]

    assert only_error(answers[0])[:2] == expected
    assert facts(answers[0]) == facts(answers[1])
    assert await belongings(shop) == before


@promise("S54")
@pytest.mark.parametrize("route", [it for it in BY_ID if it[1].startswith(BOOK)], ids=" ".join)
async def test_ones_own_address_under_a_foreign_reference_is_refused(
    shop, owner, caller, uuid, route
):
    method, template = route
    attributes, expected = BY_REFERENCE[route]
    path = filled(template, caller.reference, uuid)

    answer = await shop.call(method, path, attributes, by=owner)

    assert only_error(answer)[:2] == expected
    own = await shop.call("GET", filled(template, owner.reference, uuid), by=owner)
    assert own.json()["data"]["attributes"]["city"] == "Berlin"


@promise("S53")
@pytest.mark.parametrize("strategy", ["sequence", "sequence_random_step"])
async def test_counting_through_references_finds_nobody(open_shop, strategy):
    shop = await open_shop(reference_strategy=strategy)
    accounts = [await shop.account(f"{number}@shop.example") for number in range(3)]
    caller = accounts[0]
    last = int(accounts[-1].reference.removeprefix("DE--"))
    guesses = {f"DE--{number}" for number in range(last + 3)} - {caller.reference}

    for method, attributes in (("GET", None), ("PATCH", {"firstName": "M"}), ("DELETE", None)):
        answers = [
            await shop.call(method, f"/customers/{it}", attributes, by=caller)
            for it in sorted(guesses)
        ]
        assert all(facts(it) == facts(answers[0]) for it in answers)
        expected = (404, "402") if method == "GET" else (403, "411")
        assert only_error(answers[0])[:2] == expected

    assert {row.first_name for row in await rows(shop, CustomerRow)} == {"Ada"}


@promise("S54")
async def test_included_addresses_are_ones_own(shop, owner, caller, uuid):
    own = await shop.call("POST", BOOK.format(reference=caller.reference), address(), by=caller)

    foreign = await shop.call("GET", f"/customers/{owner.reference}?include=addresses", by=caller)
    answers = [
        await shop.call("GET", "/customers?include=addresses", by=caller),
        await shop.call("GET", f"/customers/{caller.reference}?include=addresses", by=caller),
        await shop.call("PATCH", f"/customers/{caller.reference}?include=addresses", {}, by=caller),
    ]

    assert only_error(foreign)[:2] == (404, "402")
    for answer in answers:
        included = [it["id"] for it in answer.json()["included"]]
        assert included == [own.json()["data"]["id"]]


@promise("S53")
async def test_nobody_logs_somebody_else_out(shop, owner, caller):
    answer = await shop.call("DELETE", f"/refresh-tokens/{owner.refresh_token}", by=caller)

    assert answer.status_code == 204
    assert await shop.is_logged_in(owner)


@promise("S55")
async def test_nobody_sets_properties_of_a_customer_that_are_not_offered(shop, caller):
    path = f"/customers/{caller.reference}"
    names = [column.name for column in CustomerRow.__table__.columns]
    camel = [re.sub("_(.)", lambda match: match[1].upper(), name) for name in names]
    offered = {"email", "gender", "salutation", "phone", "firstName", "lastName", "dateOfBirth"}
    offered |= {"company", "locale"}
    hostile = dict.fromkeys({*names, *camel} - offered, 4711)
    hostile |= {"customerReference": "DE--1", "registered": False, "isActive": True, "roles": ["x"]}
    (before,) = [row for row in await rows(shop, CustomerRow) if row.email == caller.email]

    answer = await shop.call("PATCH", path, hostile, by=caller)

    (after,) = [row for row in await rows(shop, CustomerRow) if row.email == caller.email]
    assert answer.status_code == 200
    assert {"customerReference", "registeredAt", "email_key"} <= hostile.keys()
    assert after == before


@promise("S55")
async def test_nobody_changes_the_email_by_a_session_alone(shop, caller):
    path = f"/customers/{caller.reference}"
    before = await rows(shop, CustomerRow)

    answer = await shop.call("PATCH", path, {"email": "mallory@shop.example"}, by=caller)

    assert answer.json()["data"]["attributes"]["email"] == caller.email
    assert await rows(shop, CustomerRow) == before
    assert (await shop.log_in(caller.email)).status_code == 201


@promise("S55")
async def test_nobody_sets_properties_of_an_address_that_are_not_offered(shop, owner, caller, uuid):
    book = BOOK.format(reference=caller.reference)
    hostile = {
        "customer_id": 1,
        "customerId": owner.reference,
        "id": uuid,
        "uuid": uuid,
        "version": 9,
        "deleted_at": "2020-01-01",
        "country": "Utopia",
    }

    created = await shop.call("POST", book, address(**hostile), by=caller)
    mine = created.json()["data"]["id"]
    changed = await shop.call("PATCH", f"{book}/{mine}", hostile, by=caller)

    foreign = await shop.call("GET", BOOK.format(reference=owner.reference), by=owner)
    assert (created.status_code, changed.status_code) == (201, 200)
    assert mine != uuid
    assert changed.json() == created.json()
    assert [it["id"] for it in foreign.json()["data"]] == [uuid]


@ONE_DATABASE
@promise("S55")
@pytest.mark.parametrize("flag", ["isDefaultShipping", "isDefaultBilling"])
@pytest.mark.parametrize("value", [1, "true", [True], {"a": True}, 0, ""])
async def test_a_default_is_set_by_a_boolean_alone(shop, caller, flag, value):
    book = BOOK.format(reference=caller.reference)
    first = await shop.call("POST", book, address(), by=caller)
    second = await shop.call("POST", book, address(), by=caller)
    path = f"{book}/{second.json()['data']['id']}"

    answer = await shop.call("PATCH", path, {flag: value}, by=caller)

    assert answer.status_code == 422
    assert details(answer) == [f"{flag} => This value should be of type bool."]
    kept = await shop.call("GET", f"{book}/{first.json()['data']['id']}", by=caller)
    assert kept.json() == first.json()


@promise("S55")
async def test_no_answer_shows_what_is_secret(shop, caller):
    book = BOOK.format(reference=caller.reference)
    path = f"/customers/{caller.reference}"
    await shop.call("POST", "/customer-forgotten-password", {"email": caller.email})

    answers = [
        await shop.call("POST", book, address(comment="Ring twice."), by=caller),
        await shop.call("GET", book, by=caller),
        await shop.call("GET", "/customers?include=addresses", by=caller),
        await shop.call("GET", f"{path}?include=addresses", by=caller),
        await shop.call("PATCH", path, {"phone": "+49 30 555"}, by=caller),
    ]

    text = "".join(it.text for it in answers)
    stored = [row.password_hash for row in await rows(shop, CredentialRow)]
    digests = [row.digest for row in await rows(shop, OneTimeKeyRow)]
    assert stored
    assert digests
    secret = [*stored, *(it.hex() for it in digests), caller.refresh_token, PASSWORD]
    assert not [it for it in [*secret, "+49 30 555", "Ring twice", "argon2"] if it in text]
