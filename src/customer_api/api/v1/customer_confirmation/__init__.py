"""The resource type `customer-confirmation`."""
