"""The resource type `customers`, as the back office sees it."""
