"""The resource type `customer-email-confirmation`."""
