"""The resource type `customer-password-undo`."""
