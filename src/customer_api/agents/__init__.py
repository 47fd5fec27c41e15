"""Operators in the storefront: they log in as agents, find customers and act as one of them."""
