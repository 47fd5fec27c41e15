"""The resource type `newsletter-bounces`."""
