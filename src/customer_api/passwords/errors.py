"""Refusals about restoring a password."""

from customer_api.credentials.errors import MailedKeyRefused


class PasswordUndoKeyInvalid(MailedKeyRefused):
    """The key takes no change of the password back (any more)."""


class RestoreKeyInvalid(MailedKeyRefused):
    """The key sets no password (any more)."""
