"""The resource type `customer-forgotten-password`."""
