"""The resource type `newsletter-unsubscription`."""
