"""The resource type `newsletter-subscriptions`."""
