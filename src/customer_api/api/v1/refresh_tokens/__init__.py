"""The resource type `refresh-tokens`."""
