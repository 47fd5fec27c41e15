"""`addresses` on the wire of the back office: those of the storefront, with a refusal more."""

from collections.abc import Mapping
from typing import Any

from customer_api.addresses.errors import CountryUnknown
from customer_api.addresses.service import SaveAddress
from customer_api.api.v1 import countries
from customer_api.api.v1.addresses import resource as storefront
from customer_api.core.settings import Settings
from customer_api.jsonapi.validation import Fields


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new address."""
    return storefront.book_fields(required=True)


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change: the same, each field optional."""
    return storefront.book_fields(required=False)


def to_command(attributes: Mapping[str, Any]) -> SaveAddress:
    """Return the command of a new or changed address.

    Raises:
        CountryUnknown: no country has the code.
    """
    code = attributes.get("iso2Code")
    if code is not None and not countries.is_known(code):
        raise CountryUnknown
    return storefront.to_command(attributes)
