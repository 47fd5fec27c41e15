"""Answer documents, compared byte by byte: clients read members in this order."""

import json

from customer_api.jsonapi.document import Resource, collection, single
from customer_api.jsonapi.links import Paging
from customer_api.jsonapi.query import EMPTY, parse_query

URL = "https://shop.example/v1"


def item(resource_id, **more):
    return Resource(
        "items", resource_id, {"sku": resource_id}, f"{URL}/items/{resource_id}", **more
    )


def wishlist(resource_id="w1", **more):
    return Resource(
        "wishlists", resource_id, {"name": "A"}, f"{URL}/wishlists/{resource_id}", **more
    )


def test_a_single_resource_has_its_members_in_order_and_no_link_above():
    resource = Resource("customers", "DE--21", {"b": "ü/", "a": None}, f"{URL}/customers/DE--21")

    assert single(resource, EMPTY).decode() == (
        '{"data":{"type":"customers","id":"DE--21","attributes":{"b":"ü/","a":null},'
        '"links":{"self":"https://shop.example/v1/customers/DE--21"}}}'
    )


def test_a_resource_without_id_says_so():
    body = single(Resource("access-tokens", None, {}, f"{URL}/access-tokens"), EMPTY)

    assert json.loads(body)["data"]["id"] is None


def test_relationships_and_meta_follow_the_links():
    resource = wishlist(relationships={"items": [item("1")]}, meta={"pendingEmail": "a@b.de"})

    assert single(resource, parse_query(b"include=items")).decode() == (
        '{"data":{"type":"wishlists","id":"w1","attributes":{"name":"A"},'
        '"links":{"self":"https://shop.example/v1/wishlists/w1"},'
        '"relationships":{"items":{"data":[{"type":"items","id":"1"}]}},'
        '"meta":{"pendingEmail":"a@b.de"}},'
        '"included":[{"type":"items","id":"1","attributes":{"sku":"1"},'
        '"links":{"self":"https://shop.example/v1/items/1"}}]}'
    )


def test_only_relationships_that_were_asked_for_and_lead_somewhere_are_shown():
    resource = wishlist(relationships={"items": [item("1")], "owners": [], "labels": [item("2")]})

    document = json.loads(single(resource, parse_query(b"include=owners,labels,unknown")))

    assert document["data"]["relationships"] == {"labels": {"data": [{"type": "items", "id": "2"}]}}
    assert [included["id"] for included in document["included"]] == ["2"]


def test_without_include_nothing_is_related():
    document = json.loads(single(wishlist(relationships={"items": [item("1")]}), EMPTY))

    assert "relationships" not in document["data"]
    assert "included" not in document


def test_every_level_of_relationships_is_asked_for_by_its_own_name():
    product = Resource("products", "p", {}, f"{URL}/products/p", {"labels": [item("label")]})
    resource = wishlist(relationships={"items": [item("1", relationships={"products": [product]})]})

    document = json.loads(single(resource, parse_query(b"include=items,products")))

    assert [(other["type"], other["id"]) for other in document["included"]] == [
        ("items", "1"),
        ("products", "p"),
    ]
    assert list(document["included"][0]["relationships"]) == ["products"]
    assert "relationships" not in document["included"][1]


def test_a_resource_is_in_a_document_once():
    first = wishlist("w1", relationships={"items": [item("1"), item("2")]})
    second = wishlist("w2", relationships={"items": [item("2"), first]})

    document = json.loads(
        collection([first, second], parse_query(b"include=items"), self_link=f"{URL}/wishlists")
    )

    assert [other["id"] for other in document["included"]] == ["1", "2"]
    assert [other["id"] for other in document["data"][1]["relationships"]["items"]["data"]] == [
        "2",
        "w1",
    ]


def test_sparse_fields_keep_the_declared_order_of_their_type_only():
    resource = Resource(
        "wishlists", "w", {"b": 1, "a": 2, "c": 3}, f"{URL}/w", {"items": [item("1")]}
    )

    document = json.loads(
        single(resource, parse_query(b"include=items&fields[wishlists]=a,b&fields[items]="))
    )

    assert list(document["data"]["attributes"]) == ["b", "a"]
    assert document["included"][0]["attributes"] == {}


def test_an_empty_list_is_a_document_with_its_link():
    body = collection([], EMPTY, self_link=f"{URL}/orders")

    assert body == b'{"data":[],"links":{"self":"https://shop.example/v1/orders"}}'


def test_a_list_of_one_is_a_list():
    document = json.loads(collection([item("1")], EMPTY, self_link=f"{URL}/items"))

    assert [other["id"] for other in document["data"]] == ["1"]


def test_links_to_pages_follow_the_own_link():
    query = parse_query(b"q=a")

    body = collection(
        [], query, self_link=f"{URL}/x?q=a", paging=Paging(offset=0, limit=10, total=11)
    )

    assert list(json.loads(body)["links"].items()) == [
        ("self", f"{URL}/x?q=a"),
        ("last", f"{URL}/x?q=a&page[offset]=10&page[limit]=10"),
        ("first", f"{URL}/x?q=a&page[offset]=0&page[limit]=10"),
        ("next", f"{URL}/x?q=a&page[offset]=10&page[limit]=10"),
    ]
