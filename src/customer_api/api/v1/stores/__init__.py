"""The resource type `stores`."""
