"""The resource type `addresses`."""
