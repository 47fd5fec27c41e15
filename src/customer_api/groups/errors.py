"""Refusals about groups."""

from customer_api.core.errors import AppError, SeveralRefused


class GroupNotFound(AppError):
    """There is no such group (any more)."""


class GroupNameTaken(AppError):
    """Another group has this name, in this or another case."""


class NotMembers(SeveralRefused):
    """The group does not have customers with these references, known or not."""
