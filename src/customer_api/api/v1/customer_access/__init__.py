"""The resource type `customer-access`."""
