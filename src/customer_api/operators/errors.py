"""Refusals about operators, clients and their permissions."""

from customer_api.core.errors import AppError


class OperatorLoginFailed(AppError):
    """No such operator, wrong password, no password yet or removed; nobody can tell which."""


class InsufficientScope(AppError):
    """The caller may not do this; `scope` is what it takes."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"needs {scope}")
        self.scope = scope


class OperatorNotFound(AppError):
    """There is no operator with this id."""


class OperatorEmailTaken(AppError):
    """Another operator has this e-mail address, in this or another spelling."""


class LastAdministrator(AppError):
    """Without this operator nobody could administer the shop."""


class PasswordKeyInvalid(AppError):
    """The key of a password link was never issued, was used before, or has expired."""


class ApiClientNotFound(AppError):
    """There is no client with this id."""


class ClientRefused(AppError):
    """Unknown client, wrong secret, or none at all (RFC 6749: invalid_client)."""


class GrantNotAllowed(AppError):
    """The client may not use this grant (RFC 6749: unauthorized_client)."""


class ScopeInvalid(AppError):
    """A scope that the client does not have was asked for (RFC 6749: invalid_scope)."""
