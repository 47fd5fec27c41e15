"""The resource type `sessions`, as the back office sees it."""
