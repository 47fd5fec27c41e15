"""The resource types `wishlists` and `shopping-lists`, and those of their items."""
