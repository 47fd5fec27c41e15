"""The resource type `access-tokens`."""
