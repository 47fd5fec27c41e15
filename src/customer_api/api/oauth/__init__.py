"""OAuth 2.0 endpoints, which speak RFC 6749 and not JSON:API, on purpose."""
