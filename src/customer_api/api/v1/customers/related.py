"""What `include` adds to a customer."""

from collections.abc import Mapping, Sequence
from typing import Final

from customer_api.api.v1.addresses import resource as addresses
from customer_api.api.v1.orders import resource as orders
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.query import Query
from customer_api.profiles.account import Section, Sections

NOTHING: Final = Sections()


def sections_of(query: Query) -> frozenset[Section]:
    """Return the sections that a query includes; it may name others, which do not exist."""
    return frozenset(it for it in Section if it in query.include)


def to_related(
    reference: str, sections: Sections, links: Links
) -> Mapping[str, Sequence[Resource]]:
    """Return sections of a customer's account as relationships."""
    return {
        Section.ADDRESSES: [addresses.to_resource(it, reference, links) for it in sections.book],
        Section.ORDERS: [orders.to_listed(it, links) for it in sections.orders],
    }
