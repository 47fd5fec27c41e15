"""Changing a known password, and restoring a forgotten one by mail."""
