"""The resource type `audit-events`."""
