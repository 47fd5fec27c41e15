"""The resource type `customer-access`, as the back office sees it."""
