"""The back office's error table: what each refusal is on the wire."""

from typing import Any, Final

from customer_api.access.errors import ResourceTypesUnknown
from customer_api.addresses.errors import AddressNotFound, CountryUnknown
from customer_api.anonymization.errors import ConfirmationStale, ReceiptNotFound
from customer_api.api.auth import AccessTokenMissing
from customer_api.api.back_office.deps import PathUnknown
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.body import BodyInvalid, BodyTooLarge, EncodingUnsupported, TypeInvalid
from customer_api.api.deps import ValidationFailed
from customer_api.api.error_table import UNAVAILABLE_DETAIL, ErrorTable, Row
from customer_api.api.once import IdempotencyKeyInvalid
from customer_api.api.responses import BEARER_CHALLENGE
from customer_api.audit.errors import AuditEventNotFound
from customer_api.core.errors import AppError, TokenRefused, Unavailable
from customer_api.core.keyset import CursorUnknown
from customer_api.core.states import StateOutdated
from customer_api.customers.errors import (
    CustomerNotFound,
    CustomersUnknown,
    EmailTaken,
    LocaleUnknown,
)
from customer_api.email_change.errors import EmailLocked
from customer_api.events.errors import (
    EventsPurged,
    PlaceInvalid,
    ReceiverUrlInvalid,
    SubscriptionNotFound,
    UndeliveredNotFound,
)
from customer_api.groups.errors import GroupNameTaken, GroupNotFound, NotMembers
from customer_api.idempotency.errors import IdempotencyKeyReused, RequestInProgress
from customer_api.jsonapi.query import PaginationInvalid, QueryInvalid
from customer_api.mail.errors import MailNotFound, MailNotRetriable
from customer_api.newsletter.errors import TypeInUse, TypeNameTaken, TypeNotFound
from customer_api.notes.errors import NoteNotFound
from customer_api.operators.errors import (
    ApiClientNotFound,
    InsufficientScope,
    LastAdministrator,
    OperatorEmailTaken,
    OperatorLoginFailed,
    OperatorNotFound,
    PasswordKeyInvalid,
)
from customer_api.orders.errors import OrderReferenceInvalid, OrderUnknown
from customer_api.registration.errors import AlreadyConfirmed
from customer_api.security.jwt import TokenInvalid
from customer_api.security.password_policy import (
    PasswordCharactersRefused,
    PasswordCommon,
    PasswordSequenceRefused,
    PasswordTooLong,
    PasswordTooShort,
)
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests
from customer_api.tokens.errors import SessionNotFound

BACK_OFFICE_ERRORS: Final[dict[type[AppError], Row]] = {
    PaginationInvalid: Row(None, 400, "Pagination parameters are invalid."),
    QueryInvalid: Row(None, 400, "Query parameters are invalid."),
    PathUnknown: Row(None, 404, "Not Found"),
    BodyInvalid: Row(None, 400, "Post data is invalid."),
    TypeInvalid: Row(None, 400, "Invalid type."),
    IdempotencyKeyInvalid: Row(None, 400, "Idempotency-Key header value is invalid."),
    BodyTooLarge: Row(None, 413, "Content Too Large"),
    EncodingUnsupported: Row(None, 415, "Unsupported Media Type"),
    TokenInvalid: Row("001", 401, "Invalid access token."),
    TokenRefused: Row("001", 401, "Invalid access token."),
    AccessTokenMissing: Row("002", 401, "Missing access token."),
    OperatorLoginFailed: Row("003", 401, "Failed to authenticate operator."),
    InsufficientScope: Row("1240", 403, "insufficient_scope"),
    CustomerNotFound: Row("1201", 404, "Customer not found."),
    ListInvalid: Row("1203", 400, "Sort, filter, page or count is not valid."),
    CursorUnknown: Row("1203", 400, "Sort, filter, page or count is not valid."),
    AddressNotFound: Row("1205", 404, "Address not found."),
    NoteNotFound: Row("1206", 404, "Note not found."),
    SessionNotFound: Row("1207", 404, "Session not found."),
    ReceiptNotFound: Row("1208", 404, "The customer was not erased."),
    LocaleUnknown: Row("1209", 422, "The shop does not have this locale."),
    CountryUnknown: Row("1210", 422, "Unknown country."),
    GroupNotFound: Row("1222", 404, "Customer group not found."),
    GroupNameTaken: Row("1223", 422, "Another customer group has this name."),
    CustomersUnknown: Row("1224", 422, "Unknown customer reference."),
    NotMembers: Row("1225", 404, "The customer is no member of the group."),
    ResourceTypesUnknown: Row("1226", 422, "There is no such resource type, or guests need it."),
    OrderUnknown: Row("1227", 404, "Order not found."),
    OrderReferenceInvalid: Row(
        "1228",
        422,
        "An order reference has 1 to 64 characters in UTF-8, no slash, no control character, and is "
        "not . or ..",
    ),
    EmailTaken: Row("1230", 422, "Another customer has this email address."),
    EmailLocked: Row("1231", 403, "The email address is locked."),
    StateOutdated: Row("1232", 412, "The resource is in another state by now."),
    ConfirmationStale: Row("1233", 409, "The erasure needs the confirmation of a fresh preview."),
    AlreadyConfirmed: Row("1235", 409, "The account is confirmed already."),
    OperatorNotFound: Row("1250", 404, "Operator not found."),
    OperatorEmailTaken: Row("1251", 422, "Another operator has this email address."),
    PasswordKeyInvalid: Row("1252", 422, "Password key is not valid."),
    ApiClientNotFound: Row("1255", 404, "Client not found."),
    LastAdministrator: Row("1234", 409, "The last administrator cannot be removed."),
    MailNotRetriable: Row("1236", 409, "The mail is not parked, or its content was wiped."),
    MailNotFound: Row("1260", 404, "Mail not found."),
    TypeNotFound: Row("1270", 404, "Newsletter type not found."),
    TypeNameTaken: Row("1271", 422, "Another newsletter type has this name."),
    TypeInUse: Row("1272", 409, "Somebody subscribed to this newsletter."),
    EventsPurged: Row("1280", 410, "Events behind this place are there no more."),
    PlaceInvalid: Row("1281", 400, "There was never such a place in the log of events."),
    SubscriptionNotFound: Row("1282", 404, "Event subscription not found."),
    UndeliveredNotFound: Row("1283", 404, "The receiver does not lack this event."),
    ReceiverUrlInvalid: Row(
        "1284", 422, "Events go to https addresses without credentials and fragment."
    ),
    AuditEventNotFound: Row("1261", 404, "Audit event not found."),
    PasswordTooShort: Row("418", 422, "The password is too short."),
    PasswordTooLong: Row("419", 422, "The password is too long."),
    PasswordCharactersRefused: Row("420", 422, "The password character set is invalid."),
    PasswordSequenceRefused: Row(
        "421", 422, "The password contains sequence of the same character."
    ),
    PasswordCommon: Row("422", 422, "The password is listed as common."),
    IdempotencyKeyReused: Row(
        "1241", 422, "The Idempotency-Key was used for another request before."
    ),
    RequestInProgress: Row(
        "1242", 409, "The first request with this Idempotency-Key is still in progress."
    ),
    TooManyAttempts: Row("5900", 429, "Account is blocked. Please try again in N minute(s)."),
    TooManyRequests: Row("5901", 429, "Too many requests. Please try again in N minute(s)."),
    Unavailable: Row(None, 503, UNAVAILABLE_DETAIL),
}
"""One row for each refusal a back-office route can make; a subclass may share its parent's row."""

BACK_OFFICE: Final = ErrorTable(
    BACK_OFFICE_ERRORS,
    validation_code="1202",
    token_challenge=f'{BEARER_CHALLENGE}, error="invalid_token"',  # RFC 6750, section 3.1
)

CALLER_ONLY: Final[tuple[type[AppError], ...]] = (
    QueryInvalid,
    PaginationInvalid,
    ListInvalid,
    AccessTokenMissing,
    TokenInvalid,
    InsufficientScope,
    Unavailable,
)
"""What every route with a scope can answer before its own business."""


WITH_BODY: Final[tuple[type[AppError], ...]] = (BodyInvalid, TypeInvalid, ValidationFailed)
"""What every route with a body can answer to it."""

ABOUT_CUSTOMER: Final[tuple[type[AppError], ...]] = (CustomerNotFound,)
"""What every route about one customer can answer."""

ONCE: Final[tuple[type[AppError], ...]] = (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    RequestInProgress,
)
"""What every route that heeds an `Idempotency-Key` can answer because of it."""


def documented(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` of the refusals that a route can make, grouped by status."""
    return BACK_OFFICE.documented(*kinds)
