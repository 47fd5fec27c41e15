"""Orders, as the shop's order system pushes them."""
