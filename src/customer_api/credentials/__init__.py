"""Password digests and mailed one-time keys, kept apart from everything one may export or log."""
