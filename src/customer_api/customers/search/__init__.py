"""Finding customers: pieces of addresses and names, conditions, orders and pages."""
