"""`customer-access` on the wire of the back office: as at the storefront, and editable."""

from typing import Final

from customer_api.access.models import HIDEABLE
from customer_api.core.settings import Settings
from customer_api.jsonapi.lists import Texts
from customer_api.jsonapi.validation import Field, Fields

_TYPE_LENGTH: Final = 100


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of an edit; which types there are is the service's to say."""
    known = f"Any of {', '.join(HIDEABLE)}; an empty list hides none."
    rule = Texts(max=_TYPE_LENGTH)
    return Fields(Field("resourceTypes", rule, type="array", description=known))
