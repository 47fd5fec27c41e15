"""The resource type `wishlists`."""
