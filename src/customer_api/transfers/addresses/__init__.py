"""Files of addresses, and of which of them are the defaults."""
