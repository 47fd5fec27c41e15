"""Secrets and their defence: password hashes, tokens, one-time keys, the password policy, limits."""
