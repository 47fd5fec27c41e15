"""The resource type `clients`."""
