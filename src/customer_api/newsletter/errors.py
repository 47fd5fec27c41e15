"""Why something about newsletters is refused."""

from customer_api.core.errors import AppError
from customer_api.credentials.errors import MailedKeyRefused


class TypeNotFound(AppError):
    """There is no newsletter with this id."""


class TypeNameTaken(AppError):
    """Another newsletter has this name."""


class TypeInUse(AppError):
    """Somebody subscribed to the newsletter once, and the proof needs it."""


class TextUnknown(AppError):
    """The newsletter never had such a text to agree to."""


class NewsletterKeyInvalid(MailedKeyRefused):
    """The key from the mail does not work (any more)."""


class SubscriptionNotFound(AppError):
    """The customer has no subscription with this id."""
