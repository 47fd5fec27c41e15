"""Identifiers: what kinds there are, and where random ones come from."""

import secrets
import uuid
from typing import Final, NewType

CustomerId = NewType("CustomerId", int)
AddressId = NewType("AddressId", int)
SessionId = NewType("SessionId", int)
Reference = NewType("Reference", str)
"""The public id of a customer, such as `DE--7K3MX0Q2VD`."""

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 alphabet: no I, L, O or U, so nothing is misread on the phone."""


def random_uuid() -> str:
    """Return a new random UUID (RFC 9562 version 4) in its lower-case text form."""
    return str(uuid.uuid4())


def random_crockford(length: int) -> str:
    """Return `length` random characters of Crockford's base 32."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(length))
