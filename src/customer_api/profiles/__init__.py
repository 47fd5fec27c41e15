"""Customers together with what is kept about them, for those who look after them."""
