"""The resource type `events`."""
