"""The resource type `customers`."""
