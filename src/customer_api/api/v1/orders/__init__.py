"""The resource type `orders`."""
