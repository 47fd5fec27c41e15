"""The resource type `event-subscriptions`."""
