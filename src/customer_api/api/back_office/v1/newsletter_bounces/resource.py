"""`newsletter-bounces` on the wire."""

from typing import Final

from customer_api.core.settings import Settings
from customer_api.customers.emails import EMAIL_LENGTH
from customer_api.jsonapi.lists import Count, Texts
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "newsletter-bounces"
MOST_EMAILS: Final = 100


def report_fields(_settings: Settings) -> Fields:
    """Return the rules of a report."""
    rules = (Texts(max=EMAIL_LENGTH), Count(min=1, max=MOST_EMAILS))
    return Fields(Field("emails", *rules, type="array", example=["ada@shop.example"]))
