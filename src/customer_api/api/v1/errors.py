"""The storefront's error table: what each refusal is on the wire (contract 1.6 and 3)."""

from typing import Any, Final

from starlette.responses import Response

from customer_api.addresses.errors import AddressNotFound
from customer_api.agents.errors import ImpersonationFailed
from customer_api.anonymization.errors import ReauthenticationRequired
from customer_api.api.auth import (
    AccessTokenMissing,
    AgentRequired,
    AgentTokenInvalid,
    IdentitiesMixed,
    TokenMisplaced,
)
from customer_api.api.body import (
    BodyInvalid,
    BodyTooLarge,
    EncodingUnsupported,
    TypeInvalid,
)
from customer_api.api.deps import ResourceIdMissing
from customer_api.api.error_table import UNAVAILABLE_DETAIL, ErrorTable, Row
from customer_api.api.once import IdempotencyKeyInvalid
from customer_api.api.v1.refusals import (
    ShoppingListNotFound,
    StoreNotFound,
    WishlistItemRefused,
    WishlistNotFound,
)
from customer_api.core.errors import AppError, TokenRefused, Unavailable
from customer_api.core.states import StateOutdated
from customer_api.credentials.errors import (
    NewPasswordsDiffer,
    PasswordWrong,
)
from customer_api.customers.errors import (
    CustomerNotFound,
    EmailTaken,
    EmailTooLong,
    MailboxUnproven,
    NotOwner,
    PasswordsDiffer,
)
from customer_api.email_change.errors import EmailChangeKeyInvalid
from customer_api.idempotency.errors import IdempotencyKeyReused, RequestInProgress
from customer_api.jsonapi.query import PaginationInvalid, QueryInvalid
from customer_api.newsletter.errors import (
    NewsletterKeyInvalid,
    SubscriptionNotFound,
    TextUnknown,
    TypeNotFound,
)
from customer_api.operators.errors import OperatorLoginFailed
from customer_api.orders.errors import OrdersNotOwned, OrderUnknown
from customer_api.passwords.errors import PasswordUndoKeyInvalid, RestoreKeyInvalid
from customer_api.registration.errors import ConfirmationKeyInvalid
from customer_api.security.jwt import TokenInvalid
from customer_api.security.password_policy import (
    PasswordCharactersRefused,
    PasswordCommon,
    PasswordSequenceRefused,
    PasswordTooLong,
    PasswordTooShort,
)
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests
from customer_api.security.refresh_tokens import RefreshFailed
from customer_api.tokens.errors import LoginFailed, SessionNotFound

EMAIL_TAKEN_DETAIL: Final = (
    "If this email address is already in use, you will receive a password reset link. "
    "Otherwise you must first validate your e-mail address to finish registration. "
    "Please check your e-mail."
)


STOREFRONT_ERRORS: Final[dict[type[AppError], Row]] = {
    PaginationInvalid: Row(None, 400, "Pagination parameters are invalid."),
    QueryInvalid: Row(None, 400, "Query parameters are invalid."),
    BodyInvalid: Row(None, 400, "Post data is invalid."),
    TypeInvalid: Row(None, 400, "Invalid type."),
    IdempotencyKeyInvalid: Row(None, 400, "Idempotency-Key header value is invalid."),
    ResourceIdMissing: Row(None, 400, "Resource id is not specified."),
    BodyTooLarge: Row(None, 413, "Content Too Large"),
    EncodingUnsupported: Row(None, 415, "Unsupported Media Type"),
    TokenInvalid: Row("001", 401, "Invalid access token."),
    TokenMisplaced: Row("001", 401, "Invalid access token."),
    TokenRefused: Row("001", 401, "Invalid access token."),
    AccessTokenMissing: Row("002", 403, "Missing access token."),
    LoginFailed: Row("003", 401, "Failed to authenticate user."),
    RefreshFailed: Row("004", 401, "Failed to refresh token."),
    IdentitiesMixed: Row(
        "005",
        400,
        "Headers request error. A user can't act as logged and not logged user at the same time.",
    ),
    StateOutdated: Row("006", 412, "If-Match header value is invalid."),
    WishlistNotFound: Row("201", 404, "Can't find wishlist."),
    WishlistItemRefused: Row("206", 422, "Can't add an item."),
    EmailTaken: Row("400", 422, EMAIL_TAKEN_DETAIL),
    CustomerNotFound: Row("402", 404, "Customer not found."),
    AddressNotFound: Row("404", 404, "Address was not found."),
    PasswordsDiffer: Row(
        "406",
        422,
        "Value in field password should be identical to value in the confirmPassword field.",
    ),
    NewPasswordsDiffer: Row(
        "406",
        422,
        "Value in field newPassword should be identical to value in the confirmPassword field.",
    ),
    PasswordWrong: Row("408", 400, "Invalid password"),
    NotOwner: Row("411", 403, "Unauthorized request."),
    RestoreKeyInvalid: Row("415", 422, "Restore password key is not valid."),
    EmailTooLong: Row("417", 422, "Email is too long. It should have 100 characters or less."),
    PasswordTooShort: Row("418", 400, "The password is too short."),
    PasswordTooLong: Row("419", 400, "The password is too long."),
    PasswordCharactersRefused: Row("420", 400, "The password character set is invalid."),
    PasswordSequenceRefused: Row(
        "421", 400, "The password contains sequence of the same character."
    ),
    PasswordCommon: Row("422", 400, "The password is listed as common."),
    ConfirmationKeyInvalid: Row(
        "423", 422, "This email confirmation code is invalid or has been already used."
    ),
    EmailChangeKeyInvalid: Row("430", 422, "E-mail change key is not valid."),
    PasswordUndoKeyInvalid: Row("431", 422, "Password undo key is not valid."),
    TypeNotFound: Row("450", 404, "Newsletter type not found."),
    TextUnknown: Row("451", 422, "The newsletter has no such text version."),
    NewsletterKeyInvalid: Row("452", 422, "Newsletter key is not valid."),
    SubscriptionNotFound: Row("453", 404, "Newsletter subscription was not found."),
    StoreNotFound: Row("601", 404, "Store not found."),
    OrderUnknown: Row("801", 404, "Can't find order by the given order reference"),
    OrdersNotOwned: Row("802", 403, "Unauthorized request."),
    MailboxUnproven: Row(
        "803", 403, "Use a link from a mail to your e-mail address first, then try again."
    ),
    ReauthenticationRequired: Row("441", 401, "Log in again with your password, then try again."),
    SessionNotFound: Row("440", 404, "Session was not found."),
    IdempotencyKeyReused: Row(
        "1241", 422, "The Idempotency-Key was used for another request before."
    ),
    RequestInProgress: Row(
        "1242", 409, "The first request with this Idempotency-Key is still in progress."
    ),
    ShoppingListNotFound: Row("1503", 404, "Shopping list not found."),
    OperatorLoginFailed: Row("4101", 401, "Failed to authenticate an agent."),
    AgentTokenInvalid: Row("4102", 401, "Agent access token is invalid."),
    AgentRequired: Row("4103", 401, "Action is available to agent user only."),
    ImpersonationFailed: Row("4104", 401, "Failed to impersonate a customer."),
    TooManyAttempts: Row("5900", 429, "Account is blocked. Please try again in N minute(s)."),
    TooManyRequests: Row("5901", 429, "Too many requests. Please try again in N minute(s)."),
    Unavailable: Row(None, 503, UNAVAILABLE_DETAIL),
}
"""One row for each refusal a storefront route can make; a subclass may share its parent's row."""

STOREFRONT: Final = ErrorTable(STOREFRONT_ERRORS, validation_code="901")


def to_answer(error: AppError) -> Response:
    """Return the answer to a refusal."""
    return STOREFRONT.answer(error)


def documented(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` of the refusals that a route can make, grouped by status."""
    return STOREFRONT.documented(*kinds)
