"""What operators see: structured logs and request ids, never personal data."""
