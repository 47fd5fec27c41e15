"""Links of resources, lists and pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.jsonapi.links import Links, Paging
from customer_api.jsonapi.query import EMPTY, Page, parse_query

BASE = "https://shop.example/v1"


def links_for(requested_type, query_string=b""):
    return Links(BASE, requested_type, parse_query(query_string))


def test_a_resource_links_to_itself():
    assert links_for("customers").resource("customers", "DE--21") == f"{BASE}/customers/DE--21"


def test_a_resource_without_id_links_to_its_type():
    assert links_for("access-tokens").resource("access-tokens") == f"{BASE}/access-tokens"


def test_a_resource_of_the_requested_type_repeats_the_query():
    links = links_for("wishlists", b"include=wishlist-items")

    assert links.resource("wishlists", "w1") == f"{BASE}/wishlists/w1?include=wishlist-items"


def test_a_resource_of_another_type_has_no_query():
    links = links_for("wishlists", b"include=wishlist-items")

    assert links.resource("concrete-products", "1") == f"{BASE}/concrete-products/1"


def test_an_explicit_path_has_no_query():
    links = links_for("addresses", b"include=x")

    url = links.path("customers", "DE--21", "addresses", "u1")

    assert url == f"{BASE}/customers/DE--21/addresses/u1"


def test_a_list_links_to_what_was_requested():
    links = links_for("orders", b"page%5Boffset%5D=2&page%5Blimit%5D=1&q=sonia%40acme.com")

    url = links.collection("customers", "DE--21", "orders")

    assert url == (f"{BASE}/customers/DE--21/orders?page[offset]=2&page[limit]=1&q=sonia@acme.com")


def test_a_list_without_query_ends_with_its_path():
    assert links_for("orders").collection("orders", "mine") == f"{BASE}/orders/mine"


def test_a_slash_at_the_end_is_dropped():
    assert links_for("orders").collection("orders", "") == f"{BASE}/orders"


def test_an_id_is_quoted_only_where_a_path_needs_it():
    url = links_for("items").resource("items", "a/b?c d#ü~!$&'()*+,;=:@-._")

    assert url == f"{BASE}/items/a%2Fb%3Fc%20d%23%C3%BC~!$&'()*+,;=:@-._"


def test_a_page_in_the_middle_links_to_all_others_in_order():
    query = parse_query(b"q=a&page[offset]=4&page[limit]=2&sort=-x")
    paging = Paging(offset=4, limit=2, total=9)

    links = paging.links(f"{BASE}/orders?{query.raw}", query)

    assert list(links.items()) == [
        ("last", f"{BASE}/orders?q=a&sort=-x&page[offset]=8&page[limit]=2"),
        ("first", f"{BASE}/orders?q=a&sort=-x&page[offset]=0&page[limit]=2"),
        ("prev", f"{BASE}/orders?q=a&sort=-x&page[offset]=2&page[limit]=2"),
        ("next", f"{BASE}/orders?q=a&sort=-x&page[offset]=6&page[limit]=2"),
    ]


@pytest.mark.parametrize(
    ("paging", "names"),
    [
        (Paging(offset=0, limit=10, total=0), []),
        (Paging(offset=0, limit=10, total=10), ["last", "first"]),
        (Paging(offset=0, limit=10, total=11), ["last", "first", "next"]),
        (Paging(offset=10, limit=10, total=20), ["last", "first", "prev"]),
    ],
)
def test_links_lead_only_where_something_is(paging, names):
    assert list(paging.links(f"{BASE}/orders", EMPTY)) == names


def test_the_previous_page_starts_at_the_earliest_at_the_beginning():
    links = Paging(offset=1, limit=10, total=20).links(f"{BASE}/orders", EMPTY)

    assert links["prev"] == f"{BASE}/orders?page[offset]=0&page[limit]=10"


def page_of(link):
    page = parse_query(link.partition("?")[2].encode()).page
    assert page is not None
    return page


@given(limit=st.integers(1, 50), total=st.integers(1, 500))
def test_following_next_from_the_first_page_ends_at_the_last(limit, total):
    page, last = Page(offset=0, limit=limit), None
    seen = 0
    while page is not None:
        links = Paging(page.offset, page.limit, total).links(f"{BASE}/orders", EMPTY)
        seen += min(page.limit, total - page.offset)
        last = page_of(links["last"])
        following = page_of(links["next"]) if "next" in links else None
        assert following is not None or page == last
        page = following

    assert seen == total
