"""What can go wrong with events and their receivers."""

from customer_api.core.errors import AppError


class EventsPurged(AppError):
    """Events behind the place where a reader wants to go on are there no more: some were missed."""


class PlaceInvalid(AppError):
    """A place in the log is a number that an event had, from 0 on."""


class SubscriptionNotFound(AppError):
    """There is no receiver with this id."""


class UndeliveredNotFound(AppError):
    """The receiver has no undelivered event with this id (any more)."""


class ReceiverUrlInvalid(AppError):
    """Events go to `https:` addresses without credentials; to `http:` ones of named hosts alone."""


class NotTaken(Exception):
    """A receiver did not take an event. `code` is a word of ours, such as `status_500`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ClaimLost(Exception):
    """Another worker delivers to the receiver by now; what this one did is not noted."""
