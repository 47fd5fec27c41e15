"""The address book."""

import pytest

from tests.contract.texts import BLANK, CHOICE, MISSING, NO_STRING, ONE_DATABASE
from tests.shop import address, details, only_error

rule = pytest.mark.contract
UUID = "6f1d9d5c-3f3b-4a4e-9d5e-0a3a1c9f2b11"
NOT_FOUND = (404, "404", "Address was not found.")
NOT_OWN = (403, "411", "Unauthorized request.")
NO_BOOL = "This value should be of type bool."
NO_COUNTRY = "This value is not a valid country."
ATTRIBUTES = [
    "salutation",
    "firstName",
    "lastName",
    "address1",
    "address2",
    "address3",
    "zipCode",
    "city",
    "country",
    "iso2Code",
    "company",
    "phone",
    "isDefaultShipping",
    "isDefaultBilling",
]
TEXTS = [
    "salutation",
    "firstName",
    "lastName",
    "address1",
    "address2",
    "zipCode",
    "city",
    "iso2Code",
]
FLAGS = ["isDefaultShipping", "isDefaultBilling"]


def too_long(limit):
    return f"This value is too long. It should have {limit} characters or less."


def book_of(account):
    return f"/customers/{account.reference}/addresses"


async def add(shop, account, **changes):
    response = await shop.call("POST", book_of(account), address(**changes), by=account)
    assert response.status_code == 201, response.text
    return response.json()["data"]["id"]


async def change(shop, account, uuid, **attributes):
    return await shop.call("PATCH", f"{book_of(account)}/{uuid}", attributes, by=account)


async def defaults(shop, account):
    """Return the ids of the default shipping and billing address, after checking that there is one of each at most."""
    entries = (await shop.call("GET", book_of(account), by=account)).json()["data"]
    found = []
    for flag in FLAGS:
        ids = [entry["id"] for entry in entries if entry["attributes"][flag]]
        assert len(ids) <= 1
        found.append(ids[0] if ids else None)
    return tuple(found)


@rule("addr-2", "addr-3", "addr-6", "doc-2", "doc-6", "doc-8", "link-3", "link-4")
async def test_a_new_address_is_answered_and_can_be_read(shop):
    account = await shop.account()

    created = await shop.call("POST", book_of(account), address(), by=account)

    data = created.json()["data"]
    read = await shop.call("GET", f"{book_of(account)}/{data['id']}", by=account)
    values = address(country="Germany", isDefaultShipping=True, isDefaultBilling=True)
    assert created.status_code == 201
    assert list(data["attributes"].items()) == [(name, values[name]) for name in ATTRIBUTES]
    assert data["links"] == {"self": f"http://api.shop.example/v1{book_of(account)}/{data['id']}"}
    assert read.json() == created.json()


@rule("addr-6")
async def test_empty_optional_attributes_are_null(shop):
    account = await shop.account()
    uuid = await add(shop, account, address3=None, company=None, phone=None)

    response = await shop.call("GET", f"{book_of(account)}/{uuid}", by=account)

    attributes = response.json()["data"]["attributes"]
    assert [name for name in ATTRIBUTES if attributes[name] is None] == [
        "address3",
        "company",
        "phone",
    ]


@rule("addr-6", "val-16", "body-2")
@pytest.mark.parametrize(
    ("code", "country"),
    [("FR", "France"), ("GB", "United Kingdom"), ("US", "United States"), ("XK", "Kosovo")],
)
async def test_the_country_follows_from_its_code(shop, code, country):
    account = await shop.account()

    response = await shop.call(
        "POST", book_of(account), address(iso2Code=code, country="Utopia", id="x"), by=account
    )

    assert response.json()["data"]["attributes"]["country"] == country


@rule("addr-1", "doc-3")
async def test_the_book_is_listed_in_order_of_creation(shop):
    account = await shop.account()
    ids = [await add(shop, account, city=city) for city in ("Ulm", "Bonn", "Kiel")]
    await change(shop, account, ids[0], city="Trier", isDefaultBilling=True)

    response = await shop.call(
        "GET", f"{book_of(account)}?page[offset]=1&page[limit]=1", by=account
    )

    assert response.status_code == 200
    assert [entry["id"] for entry in response.json()["data"]] == ids
    assert list(response.json()["links"]) == ["self"]


@rule("addr-4", "addr-10", "doc-8")
async def test_a_change_answers_with_the_whole_address(shop):
    account = await shop.account()
    uuid = await add(shop, account)

    response = await change(shop, account, uuid, city="Ulm", address3=None, iso2Code="AT")

    expected = address(
        city="Ulm", country="Austria", iso2Code="AT", isDefaultBilling=True, isDefaultShipping=True
    )
    assert response.status_code == 200
    assert response.json()["data"]["attributes"] == {**expected, "address3": None}


@rule("addr-5", "addr-8", "doc-8")
async def test_a_deleted_address_is_gone(shop):
    account = await shop.account()
    uuid = await add(shop, account)

    response = await shop.call("DELETE", f"{book_of(account)}/{uuid}", by=account)

    again = await shop.call("DELETE", f"{book_of(account)}/{uuid}", by=account)
    listed = await shop.call("GET", book_of(account), by=account)
    assert (response.status_code, response.content) == (204, b"")
    assert only_error(again) == NOT_FOUND
    assert listed.json()["data"] == []


@rule("addr-7", "err-411", "check-12")
@pytest.mark.promise("S54")
@pytest.mark.parametrize("reference", ["{other}", "DE--30", "mine", "x"])
@pytest.mark.parametrize("uuid", ["{uuid}", UUID])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_addresses_under_a_foreign_reference_are_refused(shop, reference, uuid, method):
    other = await shop.account("grace@shop.example")
    account = await shop.account()
    uuid = uuid.format(uuid=await add(shop, other))
    path = f"/customers/{reference.format(other=other.reference)}/addresses/{uuid}"

    response = await shop.call(method, path, {} if method == "PATCH" else None, by=account)

    assert only_error(response) == NOT_OWN


@rule("addr-7", "err-411")
@pytest.mark.parametrize("reference", ["{other}", "DE--30", "mine"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_book_under_a_foreign_reference_is_refused(shop, reference, method):
    other = await shop.account("grace@shop.example")
    account = await shop.account()
    path = f"/customers/{reference.format(other=other.reference)}/addresses"

    response = await shop.call(method, path, address() if method == "POST" else None, by=account)

    assert only_error(response) == NOT_OWN


@rule("addr-8", "err-404")
@pytest.mark.promise("S54")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("uuid", [UUID, "x", "1", "{foreign}", "%20"])
async def test_addresses_that_are_not_in_the_book_are_not_found(shop, method, uuid):
    other = await shop.account("grace@shop.example")
    account = await shop.account()
    foreign = await add(shop, other)
    path = f"{book_of(account)}/{uuid.format(foreign=foreign)}"

    response = await shop.call(
        method, path, {"city": "x"} if method == "PATCH" else None, by=account
    )

    kept = await shop.call("GET", f"{book_of(other)}/{foreign}", by=other)
    assert only_error(response) == NOT_FOUND
    assert kept.json()["data"]["attributes"]["city"] == "Berlin"


@ONE_DATABASE
@rule("addr-9", "val-1", "val-2")
async def test_missing_fields_of_an_address_are_told_in_order(shop):
    account = await shop.account()

    response = await shop.call("POST", book_of(account), {}, by=account)

    assert details(response) == [f"{name} => {MISSING}" for name in [*TEXTS, *FLAGS]]


@ONE_DATABASE
@rule("addr-9", "val-1", "val-6", "val-7", "val-14")
async def test_blank_fields_of_an_address_are_told_in_order(shop):
    account = await shop.account()

    response = await shop.call("POST", book_of(account), dict.fromkeys(ATTRIBUTES, ""), by=account)

    assert details(response) == [
        f"salutation => {BLANK}",
        f"salutation => {CHOICE}",
        *(f"{name} => {BLANK}" for name in TEXTS[1:]),
        *(f"{name} => {NO_BOOL}" for name in FLAGS),
    ]
    assert {(error["status"], error["code"]) for error in response.json()["errors"]} == {
        (422, "901")
    }


FAULTS = [({name: None}, [f"{name} => {BLANK}"], "val-6") for name in TEXTS] + [
    ({"salutation": "Sir"}, [f"salutation => {CHOICE}"], "val-7"),
    *(
        ({name: 5}, [f"{name} => {NO_STRING}"], "val-4")
        for name in [*TEXTS, "address3", "phone", "company"]
    ),
    *(
        ({name: "x" * 101}, [f"{name} => {too_long(100)}"], "val-9")
        for name in ("firstName", "lastName")
    ),
    *(
        ({name: "x" * 256}, [f"{name} => {too_long(255)}"], "val-9")
        for name in ("address1", "address2", "address3", "city", "phone", "company", "comment")
    ),
    ({"zipCode": "x" * 16}, [f"zipCode => {too_long(15)}"], "val-9"),
    ({"iso2Code": "DEU"}, [f"iso2Code => {too_long(2)}", f"iso2Code => {NO_COUNTRY}"], "val-16"),
    *(
        ({"iso2Code": code}, [f"iso2Code => {NO_COUNTRY}"], "val-16")
        for code in ("de", "XX", "ZZ", "D", "EU")
    ),
    *(
        ({flag: value}, [f"{flag} => {NO_BOOL}"], "val-14")
        for flag in FLAGS
        for value in ("", 0, 1, "true", [], {})
    ),
    (
        {"isDefaultBilling": "x", "company": "x" * 256, "city": "", "phone": []},
        [f"city => {BLANK}", f"isDefaultBilling => {NO_BOOL}", f"company => {too_long(255)}"],
        "val-1",
    ),
]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("attributes", "expected"), [pytest.param(*fault[:2], marks=rule(fault[2])) for fault in FAULTS]
)
@rule("addr-9", "addr-10")
async def test_the_fields_of_an_address_follow_their_rules(shop, attributes, expected):
    account = await shop.account()
    uuid = await add(shop, account)

    created = await shop.call("POST", book_of(account), address() | attributes, by=account)
    changed = await change(shop, account, uuid, **attributes)

    assert details(created) == details(changed) == expected


@rule("addr-9", "val-14", "val-5")
@pytest.mark.parametrize(
    "attributes",
    [
        {"city": "Ü", "zipCode": "x" * 15, "address1": "x" * 255},
        {"address3": "", "phone": "", "company": ""},
        {"address3": None, "phone": False, "company": []},
        {"isDefaultShipping": None, "isDefaultBilling": None},
        {"comment": "Ring twice."},
        {"salutation": "n/a", "iso2Code": "XK"},
    ],
)
async def test_valid_addresses_are_taken(shop, attributes):
    account = await shop.account()

    response = await shop.call("POST", book_of(account), address() | attributes, by=account)

    assert response.status_code == 201, response.text
    assert "comment" not in response.json()["data"]["attributes"]


@rule("addr-10", "body-6")
async def test_a_change_of_nothing_keeps_an_address(shop):
    account = await shop.account()
    uuid = await add(shop, account)
    before = await shop.call("GET", f"{book_of(account)}/{uuid}", by=account)

    response = await change(shop, account, uuid)

    assert response.json() == before.json()


@rule("addr-11", "addr-12")
async def test_the_first_address_is_both_defaults_whatever_it_says(shop):
    account = await shop.account()

    first = await add(shop, account, isDefaultShipping=False, isDefaultBilling=False)
    await add(shop, account, isDefaultShipping=False, isDefaultBilling=False)

    assert await defaults(shop, account) == (first, first)


@rule("addr-11", "addr-12")
@pytest.mark.parametrize(("shipping", "billing"), [(True, False), (False, True), (True, True)])
async def test_a_new_default_takes_its_kind_over(shop, shipping, billing):
    account = await shop.account()
    first = await add(shop, account)

    second = await add(shop, account, isDefaultShipping=shipping, isDefaultBilling=billing)

    assert await defaults(shop, account) == (
        second if shipping else first,
        second if billing else first,
    )


@rule("addr-13")
async def test_false_does_not_clear_a_default(shop):
    account = await shop.account()
    first = await add(shop, account)
    await add(shop, account)

    response = await change(shop, account, first, isDefaultShipping=False, isDefaultBilling=False)

    assert response.json()["data"]["attributes"]["isDefaultBilling"] is True
    assert await defaults(shop, account) == (first, first)


@rule("addr-14", "addr-12")
async def test_a_change_can_make_an_address_the_default(shop):
    account = await shop.account()
    first = await add(shop, account)
    second = await add(shop, account)

    response = await change(shop, account, second, isDefaultBilling=True)

    attributes = response.json()["data"]["attributes"]
    assert (attributes["isDefaultShipping"], attributes["isDefaultBilling"]) == (False, True)
    assert await defaults(shop, account) == (first, second)


@rule("addr-15")
async def test_a_deleted_default_has_no_successor(shop):
    account = await shop.account()
    first = await add(shop, account)
    second = await add(shop, account, isDefaultShipping=True)

    await shop.call("DELETE", f"{book_of(account)}/{first}", by=account)

    assert await defaults(shop, account) == (second, None)


@rule("addr-14", "addr-15")
@pytest.mark.parametrize("attributes", [{}, {"city": "Ulm"}, {"isDefaultBilling": False}])
async def test_any_change_fills_an_empty_default(shop, attributes):
    account = await shop.account()
    first = await add(shop, account)
    second = await add(shop, account)
    third = await add(shop, account)
    await shop.call("DELETE", f"{book_of(account)}/{first}", by=account)

    await change(shop, account, third, **attributes)

    assert second != third
    assert await defaults(shop, account) == (third, third)


@rule("addr-11", "addr-15")
async def test_the_next_address_fills_an_empty_default(shop):
    account = await shop.account()
    first = await add(shop, account)
    second = await add(shop, account, isDefaultBilling=True)
    await shop.call("DELETE", f"{book_of(account)}/{first}", by=account)

    third = await add(shop, account)

    assert await defaults(shop, account) == (third, second)
