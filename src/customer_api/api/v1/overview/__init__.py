"""The resource type `customer-overviews`."""
