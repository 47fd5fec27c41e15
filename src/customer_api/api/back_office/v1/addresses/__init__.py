"""The resource type `addresses`, as the back office sees it."""
