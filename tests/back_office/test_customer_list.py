"""The list of customers: searched, filtered, sorted, and read page by page."""

from urllib.parse import urlsplit

import pytest

from tests.back_office.conftest import BASE, Office
from tests.contract.texts import ONE_DATABASE
from tests.shop import address, only_error

INVALID = (400, "1203", "Sort, filter, page or count is not valid.")
PEOPLE = [
    ("ada@shop.example", "Ada", "Lovelace"),
    ("grace@navy.example", "Grace", "Hopper"),
    ("jean@eniac.example", "Jean", "Bartik"),
    ("marie@lab.example", "Marie Anne", "Łukasiewicz-Müller"),
    ("zoe_100%@shop.example", "Zoë", "Adamson"),
]

SEARCHES = [
    ("ada", ["Zoë", "Ada"]),
    ("ADA@", ["Ada"]),
    ("hopp", ["Grace"]),
    ("muller", ["Marie Anne"]),
    ("MÜLLER", ["Marie Anne"]),
    ("zoe", ["Zoë"]),
    ("jean bart", ["Jean"]),
    ("bartik jean", ["Jean"]),
    ("jean hopper", []),
    ("ie an", []),
    ("ma an", ["Marie Anne"]),
    ("an", ["Marie Anne"]),
    ("je ba", ["Jean"]),
    ("\u00b4", []),
    ("gr", ["Grace"]),
    ("z", ["Zoë"]),
    ("ce", []),
    ("100%", ["Zoë"]),
    ("e_1", ["Zoë"]),
    ("a_a", []),
    ("nobody", []),
    ('"ada" OR', []),
    ("*", []),
    ("/", []),
    ("  ", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
]
FILTERS = [
    ("email", "ADA@shop.example", ["Ada"]),
    ("email", "ada", []),
    ("firstName", "zoe", ["Zoë"]),
    ("lastName", "HOPPER", ["Grace"]),
    ("lastName", "hop", []),
    ("status", "registered", []),
    ("status", "unconfirmed", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
    ("status", "locked", []),
    ("status", "anonymized", []),
    ("locale", "de_DE", []),
    ("createdFrom", "2026-03-14T09:29:00", ["Zoë", "Marie Anne"]),
    ("createdFrom", "2026-03-14T10:29:00+01:00", ["Zoë", "Marie Anne"]),
    ("createdTo", "2026-03-14T09:27:00Z", ["Ada"]),
    ("createdTo", "2026-03-14T09:27:53", ["Grace", "Ada"]),
    ("createdTo", "2026-03-14T09:27:53.5", ["Ada"]),
    ("createdTo", "2026-03-14", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
    ("createdTo", "20260314", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
    ("createdTo", "9999-12-31", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
    ("createdTo", "2026-03-13", []),
    ("createdFrom", "2026-03-15", []),
    ("includeAnonymized", "false", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
]


@pytest.fixture
async def full_office(office: Office) -> Office:
    """A back office with five customers, a minute between each."""
    for email, first, last in PEOPLE:
        await office.customer(email, firstName=first, lastName=last)
        office.shop.clock.advance(minutes=1)
    return office


async def found(office, **query):
    """Return the first names on a page of the list."""
    answer = await office.shop.client.get(
        f"{BASE}/customers", params=query, headers={"Authorization": f"Bearer {office.token}"}
    )
    assert answer.status_code == 200, answer.text
    return [it["attributes"]["firstName"] for it in answer.json()["data"]]


async def refused(office, **query):
    answer = await office.shop.client.get(
        f"{BASE}/customers", params=query, headers={"Authorization": f"Bearer {office.token}"}
    )
    return only_error(answer)


async def test_a_search_finds_pieces_of_addresses_and_names(full_office):
    answers = [(text, await found(full_office, q=text)) for text, _ in SEARCHES]

    assert answers == SEARCHES


async def test_a_search_finds_a_whole_reference(full_office):
    reference = await full_office.customer("new@shop.example", firstName="New")

    assert await found(full_office, q=reference) == ["New"]
    assert await found(full_office, q=reference[:-1]) == []


async def test_a_created_customer_is_found_by_the_next_search(office):
    before = await found(office, q="lovelace")
    await office.customer(firstName="Ada", lastName="Lovelace")

    assert (before, await found(office, q="lovelace")) == ([], ["Ada"])


async def test_a_changed_customer_is_found_by_what_is_new_only(full_office):
    (reference,) = [
        it["id"] for it in (await full_office.call("GET", "/customers?q=hopper")).json()["data"]
    ]
    await full_office.call("PATCH", f"/customers/{reference}", {"lastName": "Murray"})

    assert await found(full_office, q="hopper") == []
    assert await found(full_office, q="murray") == ["Grace"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("createdAt", ["Ada", "Grace", "Jean", "Marie Anne", "Zoë"]),
        ("-createdAt", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
        ("email", ["Ada", "Grace", "Jean", "Marie Anne", "Zoë"]),
        ("lastName", ["Zoë", "Jean", "Grace", "Ada", "Marie Anne"]),
        ("-lastName", ["Marie Anne", "Ada", "Grace", "Jean", "Zoë"]),
        ("-firstName", ["Zoë", "Marie Anne", "Jean", "Grace", "Ada"]),
    ],
)
async def test_the_list_is_sorted(full_office, sort, names):
    assert await found(full_office, sort=sort) == names
    assert await found(full_office, sort=sort, q="example") == names


async def test_references_sort_alike_on_every_database(full_office):
    answer = await full_office.call("GET", "/customers?sort=customerReference")
    references = [it["id"] for it in answer.json()["data"]]

    assert references == sorted(references)


async def test_who_never_registered_comes_last(full_office):
    account = await full_office.shop.account("first@shop.example", firstName="First")

    assert (await found(full_office, sort="registeredAt"))[0] == "First"
    assert (await found(full_office, sort="-registeredAt"))[-1] == "First"
    assert account.reference


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt", "lastName", "-registeredAt"])
@pytest.mark.parametrize("q", ["", "example"])
async def test_pages_lead_through_the_whole_list_and_back(full_office, sort, q):
    whole = await found(full_office, sort=sort, q=q)
    url = f"/customers?page[size]=2&sort={sort}&q={q}"
    pages, back = [], []
    for _ in range(3):
        answer = (await full_office.call("GET", url)).json()
        pages.append([it["attributes"]["firstName"] for it in answer["data"]])
        url = relative(answer["links"].get("next", ""))
    url = relative(answer["links"]["prev"])
    for _ in range(2):
        answer = (await full_office.call("GET", url)).json()
        back.append([it["attributes"]["firstName"] for it in answer["data"]])
        url = relative(answer["links"].get("prev", ""))

    assert [len(it) for it in pages] == [2, 2, 1]
    assert [name for page in pages for name in page] == whole
    assert back == [pages[1], pages[0]]
    assert set(answer["links"]) == {"self", "next"}


def relative(url):
    parts = urlsplit(url)
    return f"{parts.path.removeprefix('/back-office/v1')}?{parts.query}"


async def test_links_can_be_followed_whatever_is_searched(full_office):
    await full_office.customer("a+b&c#d@shop.example", firstName="One")
    await full_office.customer("xa+b&c#d@shop.example", firstName="Two")
    first = await full_office.call("GET", "/customers?q=a%2Bb%26c%23d&page[size]=1")
    second = await full_office.call("GET", relative(first.json()["links"]["next"]))

    assert [it["attributes"]["firstName"] for it in second.json()["data"]] == ["One"]
    assert "next" not in second.json()["links"]


@pytest.mark.parametrize(("moved", "is_lost"), [(0, False), (1, True)])
async def test_a_cursor_is_refused_when_its_own_customer_has_changed(full_office, moved, is_lost):
    first = (await full_office.call("GET", "/customers?sort=lastName&page[size]=2")).json()
    path = f"/customers/{first['data'][moved]['id']}"
    await full_office.call("PATCH", path, {"lastName": "Zuse"})
    second = await full_office.call("GET", relative(first["links"]["next"]))

    if is_lost:
        assert only_error(second) == INVALID
    else:
        names = [it["attributes"]["firstName"] for it in second.json()["data"]]
        assert names == ["Grace", "Ada"]


async def test_two_short_names_are_found_together(full_office):
    await full_office.customer("x@shop.example", firstName="Li", lastName="Na")

    assert await found(full_office, q="Li Na") == ["Li"]
    assert await found(full_office, q="na li") == ["Li"]


async def test_an_address_with_other_letters_is_found_whole_or_by_its_ascii_form(full_office):
    await full_office.customer("info@m\u00fcller.example", firstName="Info")

    assert await found(full_office, q="INFO@m\u00fcller.example") == ["Info"]
    assert await found(full_office, q="xn--mller") == ["Info"]


async def test_a_cursor_of_an_erased_customer_is_refused_where_its_place_is_lost(full_office):
    links = {
        sort: (await full_office.call("GET", f"/customers?sort={sort}&page[size]=1")).json()
        for sort in ("lastName", "createdAt")
    }
    for answer in links.values():
        path = f"/customers/{answer['data'][0]['id']}"
        preview = (await full_office.call("POST", f"{path}/erasure-previews")).json()
        confirmation = preview["data"]["attributes"]["confirmation"]
        await full_office.call("DELETE", f"{path}?confirmation={confirmation}")
    lost, kept = [
        await full_office.call("GET", relative(it["links"]["next"])) for it in links.values()
    ]

    assert only_error(lost) == INVALID
    assert [it["attributes"]["firstName"] for it in kept.json()["data"]] == ["Grace"]


@pytest.mark.parametrize("prefix", ["customers.", ""])
async def test_filters_narrow_the_list(full_office, prefix):
    answers = [
        (name, value, await found(full_office, **{f"filter[{prefix}{name}]": value}))
        for name, value, _ in FILTERS
    ]

    assert answers == FILTERS


async def test_filters_and_a_search_hold_at_once(full_office):
    query = {"filter[customers.lastName]": "adamson", "sort": "email"}

    assert await found(full_office, q="ada", **query) == ["Zoë"]
    assert await found(full_office, q="hopper", **query) == []


async def test_states_are_filters(full_office):
    account = await full_office.shop.account("r@shop.example", firstName="Registered")
    locked = await full_office.shop.account("l@shop.example", firstName="Locked")
    path = f"/customers/{locked.reference}/lock"
    await full_office.call("PUT", path, {"reason": "r"}, resource_type="customer-locks")

    by_reference = {"filter[customers.customerReference]": account.reference}
    assert await found(full_office, **{"filter[customers.status]": "registered"}) == ["Registered"]
    assert await found(full_office, **{"filter[customers.status]": "locked"}) == ["Locked"]
    assert await found(full_office, **by_reference) == ["Registered"]


async def test_erased_customers_are_listed_on_demand_and_never_found_by_name(full_office):
    account = await full_office.shop.account("e@shop.example", firstName="Erased")
    await full_office.shop.call("DELETE", f"/customers/{account.reference}", by=account)
    with_erased = {"filter[customers.includeAnonymized]": "true"}

    assert None not in await found(full_office)
    assert (await found(full_office, **with_erased))[0] is None
    assert await found(full_office, **{"filter[customers.status]": "anonymized"}) == [None]
    assert await found(full_office, q="erased", **with_erased) == []
    assert await found(full_office, q="example", **{"page[size]": 100}) == [
        first for _, first, _ in reversed(PEOPLE)
    ]


@pytest.mark.parametrize("count", ["exact", "estimated"])
@pytest.mark.parametrize(("q", "total"), [("", 5), ("ada", 2)])
async def test_the_total_is_told_on_demand(full_office, count, q, total):
    url = f"/customers?page[size]=1&q={q}"
    without = (await full_office.call("GET", url)).json()
    answer = (await full_office.call("GET", f"{url}&count={count}")).json()

    assert "meta" not in without
    assert set(answer["meta"]) == {"total"}
    assert isinstance(answer["meta"]["total"], int)
    if count == "exact":
        assert answer["meta"]["total"] == total


async def test_all_are_counted_when_no_condition_is_left(full_office):
    path = "/customers?filter[includeAnonymized]=true&count=exact&page[size]=1"

    assert (await full_office.call("GET", path)).json()["meta"] == {"total": 5}


@ONE_DATABASE
@pytest.mark.parametrize(
    "query",
    [
        {"sort": "password"},
        {"sort": "email,lastName"},
        {"sort": "--email"},
        {"filter[customers.phone]": "1"},
        {"filter[orders.email]": "1"},
        {"filter[customers.email]": ""},
        {"filter[customers.email]": "a", "filter[email]": "b"},
        {"filter[customers.status]": "dead"},
        {"filter[customers.createdFrom]": "yesterday"},
        {"filter[customers.createdFrom]": "0001-01-01T00:00:00+14:00"},
        {"filter[customers.includeAnonymized]": "maybe"},
        {"page[size]": "0"},
        {"page[size]": "101"},
        {"page[size]": "many"},
        {"page[after]": "x"},
        {"page[after]": "w7w"},
        {"page[after]": ""},
        {"page[after]": "Y3JlYXRlZEF0OkRFLS0w"},
        {"page[after]": "Y3JlYXRlZEF0OjEuREUtLTA"},
        {"page[after]": "ZW1haWw6REUtLTA"},
        {"page[after]": "Y3JlYXRlZEF0Og"},
        {"page[after]": "Y3JlYXRlZEF0OgA"},
        {"page[after]": "Y3JlYXRlZEF0OkRFLS0w", "page[before]": "Y3JlYXRlZEF0OkRFLS0w"},
        {"count": "guess"},
        {"filter": "ada"},
        {"filter[]": "ada"},
        {"filter[email": "ada"},
        {"filter[customers][email]": "ada"},
        {"filter[email][]": "ada"},
        {"sort[]": "email"},
        {"page": "2"},
        {"page[]": "2"},
        {"page[number]": "2"},
        {"page[size][]": "2"},
        {"count[]": "exact"},
    ],
)
async def test_what_the_list_does_not_have_is_refused(office, query):
    assert await refused(office, **query) == INVALID


async def test_an_event_says_by_what_was_searched_and_not_for_whom(office):
    await found(office, q="ada@shop.example", **{"filter[locale]": "de_DE", "ada": "x"})

    assert await office.trail("") == [("customer.listed", "filter[locale],q")]


async def test_the_list_shows_default_addresses(full_office):
    account = await full_office.shop.account("d@shop.example", firstName="D")
    path = f"/customers/{account.reference}/addresses"
    uuid = (await full_office.call("POST", path, address())).json()["data"]["id"]
    answer = await full_office.call("GET", "/customers?page[size]=1")

    (shown,) = answer.json()["data"]
    assert shown["attributes"]["defaultBillingAddress"] == uuid
