"""The resource type `customer-restore-password`."""
