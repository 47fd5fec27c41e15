"""The resource types `orders` and `order-batches`."""
