"""Query strings."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.jsonapi.query import (
    EMPTY,
    LARGEST_PAGE_NUMBER,
    Page,
    PaginationInvalid,
    QueryInvalid,
    parse_query,
)


def test_no_query_string_asks_for_nothing():
    assert parse_query(b"") is EMPTY


def test_an_empty_include_asks_for_nothing_but_is_repeated_in_links():
    query = parse_query(b"include=")

    assert query.include == ()
    assert query.raw == "include="


def test_include_and_sort_are_lists_of_names():
    query = parse_query(b"include=wishlist-items,,concrete-products&sort=-createdAt,email")

    assert query.include == ("wishlist-items", "concrete-products")
    assert query.sort == ("-createdAt", "email")


def test_fields_are_kept_by_type():
    query = parse_query(b"fields[customers]=email,firstName&fields%5Baddresses%5D=")

    assert query.fields == {"customers": {"email", "firstName"}, "addresses": frozenset()}


def test_filters_are_named_by_their_brackets():
    query = parse_query(b"filter[customers.email]=a%40b.de&filter[]=x&filter=y&filter[a][b]=z")

    assert query.filters == {"customers.email": "a@b.de"}


def test_other_parameters_can_be_looked_up():
    query = parse_query(b"q=Son+ia%26&page[size]=5")

    assert query.parameters == {"q": "Son ia&", "page[size]": "5"}


def test_links_repeat_the_decoded_parameters_in_their_order():
    query = parse_query(b"q=sonia%40acme.com&page%5Boffset%5D=2&page[limit]=1&x+y=%C3%BC&flag&&")

    assert query.raw == "q=sonia@acme.com&page[offset]=2&page[limit]=1&x y=ü&flag="


def test_offset_and_limit_make_a_page():
    assert parse_query(b"page[offset]=20&page[limit]=10").page == Page(offset=20, limit=10)


def test_an_empty_offset_is_the_start():
    assert parse_query(b"page[offset]=&page[limit]=10").page == Page(offset=0, limit=10)


@pytest.mark.parametrize("query_string", [b"page[offset]=20", b"page[limit]=10", b"page=2"])
def test_half_a_page_is_no_page(query_string):
    assert parse_query(query_string).page is None


def test_the_largest_page_number_is_accepted():
    largest = LARGEST_PAGE_NUMBER
    query = parse_query(f"page[offset]={largest}&page[limit]={largest}".encode())

    assert query.page == Page(offset=largest, limit=largest)


@pytest.mark.parametrize(
    "query_string",
    [
        "page[limit]=0",
        "page[limit]=",
        "page[limit]=-1",
        "page[limit]=1.5",
        "page[limit]=1e3",
        "page[limit]=\u0663",
        "page[offset]=-1",
        "page[offset]=x",
        "page[offset]=+1",
        "page[offset]=1%0A",
        "page[offset]=0&page[limit]=0",
        f"page[offset]={LARGEST_PAGE_NUMBER + 1}",
        f"page[limit]={'9' * 5000}",
    ],
)
def test_a_page_without_numbers_is_refused(query_string):
    with pytest.raises(PaginationInvalid):
        parse_query(query_string.encode())


@pytest.mark.parametrize(
    "query_string",
    [b"q=1&q=2", b"q=1&%71=1", b"q=%00", b"%00=q", b"q=%ff", b"q=\xff", b"q=%ED%A0%80"],
)
def test_a_query_that_means_two_things_or_none_is_refused(query_string):
    with pytest.raises(QueryInvalid):
        parse_query(query_string)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.dictionaries(texts.filter(bool).map("x".__add__), texts))
def test_encoded_parameters_are_read_back(parameters):
    encoded = "&".join(f"{quote(name)}={quote(value)}" for name, value in parameters.items())

    assert parse_query(encoded.encode()).parameters == parameters


@given(st.binary())
def test_nothing_but_the_two_refusals_is_raised(query_string):
    try:
        query = parse_query(query_string)
    except (QueryInvalid, PaginationInvalid):
        return

    assert "\x00" not in query.raw
