"""The customer's address book."""
