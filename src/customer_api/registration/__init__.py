"""Becoming a customer: sign up, and confirm the mailbox."""
