"""Customer accounts for a shop: a headless backend with a storefront and a back-office API."""

__version__ = "0.1.0"
