"""The resource type `newsletter-types`."""
