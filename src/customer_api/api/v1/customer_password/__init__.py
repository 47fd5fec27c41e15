"""The resource type `customer-password`."""
