"""Version 1 of the back-office API."""
