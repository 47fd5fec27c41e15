"""Version 1 of the storefront API."""
