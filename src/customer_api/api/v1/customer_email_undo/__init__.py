"""The resource type `customer-email-undo`."""
