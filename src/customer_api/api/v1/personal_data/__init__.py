"""The resource type `personal-data`."""
