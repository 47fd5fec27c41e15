"""The resource type `operators`."""
