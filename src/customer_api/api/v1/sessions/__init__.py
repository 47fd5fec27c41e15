"""The resource type `sessions`."""
