"""Refusals about what guests see."""

from customer_api.core.errors import SeveralRefused


class ResourceTypesUnknown(SeveralRefused):
    """Types that the storefront does not have, or that guests need to become customers."""
