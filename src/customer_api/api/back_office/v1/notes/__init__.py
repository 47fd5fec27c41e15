"""The resource type `notes`."""
