"""The resource type `newsletter-confirmation`."""
