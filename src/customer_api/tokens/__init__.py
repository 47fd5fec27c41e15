"""Sessions and their tokens: log in, refresh, revoke, and the check of every request."""
