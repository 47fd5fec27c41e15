"""Security events: a closed catalogue, one structured log line each, without personal data.

An event is logged after the commit of what it tells of. Fields are public references, session ids,
codes of ours and numbers: never an e-mail, a name, a token, a key or a network address. The catalogue
with its meanings is in docs/security.md.
"""

import logging
from enum import StrEnum
from typing import Final

logger = logging.getLogger(__name__)


class SecurityEvent(StrEnum):
    """Every event there is; the value is the `event` of its log line."""

    ACCESS_TOKEN_REFUSED = "access_token_refused"  # noqa: S105 - an event, no token
    CLIENT_REFUSED = "client_refused"
    CUSTOMER_ERASED = "customer_erased"
    CUSTOMER_LOCKED = "customer_locked"
    CUSTOMER_IMPERSONATED = "customer_impersonated"
    CUSTOMER_REGISTERED = "customer_registered"
    CUSTOMER_UNLOCKED = "customer_unlocked"
    EMAIL_CHANGED = "email_changed"
    EMAIL_CHANGE_REQUESTED = "email_change_requested"
    EMAIL_CHANGE_UNDONE = "email_change_undone"
    GUEST_ORDERS_CLAIMED = "guest_orders_claimed"
    HASHING_BUSY = "hashing_busy"
    HOST_REFUSED = "host_refused"
    KEY_REFUSED = "key_refused"
    LOGIN_BLOCKED = "login_blocked"
    LOGIN_FAILED = "login_failed"
    LOGIN_SLOWED = "login_slowed"
    LOGIN_SUCCEEDED = "login_succeeded"
    MAIL_LIMIT_REACHED = "mail_limit_reached"
    OPERATOR_LOGIN_FAILED = "operator_login_failed"
    OPERATOR_LOGIN_SUCCEEDED = "operator_login_succeeded"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an event, no password
    PASSWORD_CHANGE_UNDONE = "password_change_undone"  # noqa: S105 - an event, no password
    PASSWORD_RESTORED = "password_restored"  # noqa: S105 - an event, no password
    PASSWORD_RESTORE_REQUESTED = "password_restore_requested"  # noqa: S105 - an event, no password
    PERSONAL_DATA_EXPORTED = "personal_data_exported"
    RATE_LIMITED = "rate_limited"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - an event, no token
    REGISTRATION_CONFIRMED = "registration_confirmed"
    REGISTRATION_REPEATED = "registration_repeated"
    SESSIONS_ENDED = "sessions_ended"
    SIGNING_KEY_RETIRED = "signing_key_retired"
    SIGNING_KEY_ROTATED = "signing_key_rotated"
    SLOW_CLIENT_CLOSED = "slow_client_closed"


WARNINGS: Final = frozenset(
    {
        SecurityEvent.ACCESS_TOKEN_REFUSED,
        SecurityEvent.CLIENT_REFUSED,
        SecurityEvent.HASHING_BUSY,
        SecurityEvent.HOST_REFUSED,
        SecurityEvent.KEY_REFUSED,
        SecurityEvent.LOGIN_BLOCKED,
        SecurityEvent.LOGIN_FAILED,
        SecurityEvent.LOGIN_SLOWED,
        SecurityEvent.MAIL_LIMIT_REACHED,
        SecurityEvent.OPERATOR_LOGIN_FAILED,
        SecurityEvent.RATE_LIMITED,
        SecurityEvent.REFRESH_TOKEN_REUSED,
        SecurityEvent.REGISTRATION_REPEATED,
        SecurityEvent.SLOW_CLIENT_CLOSED,
    }
)
"""Events that may be an attack; the others are things that customers and operators do."""


def record(event: SecurityEvent, **fields: str | int | None) -> None:
    """Log an event with its fields, at `warning` when it may be an attack, else at `info`."""
    level = logging.WARNING if event in WARNINGS else logging.INFO
    logger.log(level, event.value, extra={"category": "security", **fields})
