"""Refusals about customers."""

from typing import ClassVar

from customer_api.core.errors import AppError, SeveralRefused


class CustomerNotFound(AppError):
    """The reference is unknown, or belongs to somebody else; readers cannot tell which."""


class CustomersUnknown(SeveralRefused):
    """No customers have these references."""


class LocaleUnknown(AppError):
    """The shop does not have this locale."""


class NotOwner(AppError):
    """The caller may not act on this reference, whether it exists or not."""


class NotWhileImpersonating(NotOwner):
    """What only the customer may do was tried by an operator who acts as the customer.

    It is raised before anything is done, so what is kept of the unit is the audit event of the try.
    """

    keeps_changes: ClassVar[bool] = True


class EmailTaken(AppError):
    """Another account has this e-mail address, in this or another spelling."""


class EmailTooLong(AppError):
    """The address has more than 100 characters."""


class PasswordsDiffer(AppError):
    """The password and its repetition are not the same."""


class MailboxUnproven(AppError):
    """Nobody has shown yet that the customer reads the mailbox of the present e-mail address."""
