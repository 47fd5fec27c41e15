"""Signatures of what is sent to receivers: the Standard Webhooks scheme, version 1 (symmetric).

See the specification of Standard Webhooks, sections "Webhook headers" and "Signature scheme".
"""

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - says what a secret is for


def new_secret() -> str:
    """Return a random signing secret in its text form: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(
    keys: Sequence[str], message_id: str, body: bytes, *, now: datetime
) -> dict[str, str]:
    """Return the three headers that let a receiver check a message.

    Args:
        keys: secrets in their text form; the receiver needs to know one of them.
        message_id: the same at every try, so that a receiver knows a message that it has.
        body: as it is sent.
        now: when it is sent; receivers refuse what is too old.
    """
    timestamp = str(int(now.timestamp()))
    content = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key, content) for key in keys),
    }


def _signature(key: str, content: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(secret, content, "sha256")).decode()
