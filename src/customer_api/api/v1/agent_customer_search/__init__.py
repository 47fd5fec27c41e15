"""The resource type `agent-customer-search`."""
