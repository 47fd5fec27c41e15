"""The resource type `order-claims`."""
