"""Files of who is in which group."""
