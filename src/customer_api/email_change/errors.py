"""Refusals about changing an e-mail address."""

from customer_api.credentials.errors import MailedKeyRefused


class EmailChangeKeyInvalid(MailedKeyRefused):
    """The key neither confirms nor undoes a change (any more)."""
