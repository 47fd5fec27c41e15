"""What can go wrong when a mail is handed over, and refusals about mails."""

from customer_api.core.errors import AppError


class DeliveryRefused(Exception):
    """The server will never take this mail; `code` says why and holds no personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DeliveryFailed(Exception):
    """This mail was not taken, or nobody knows; `code` says why and holds no personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DeliveryInterrupted(DeliveryFailed):
    """The server fell silent or hung up before it had the message: it or this mail is to blame."""


class ServerUnavailable(DeliveryFailed):
    """No mail at all can be handed over at present, so the mail in hand is not to blame."""


class MailNotFound(AppError):
    """There is no mail with this id (any more)."""


class MailNotRetriable(AppError):
    """The mail is not parked, or its address and text were wiped."""
