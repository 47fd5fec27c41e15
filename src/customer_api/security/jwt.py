"""Access tokens: JWTs of RFC 9068's type, issued and checked with RFC 8725 in mind.

The library signs and checks signatures, and nothing else: what it makes of headers, times and
malformed text is too lenient, so all that is parsed here.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from jose import jws

from customer_api.core.clock import Clock
from customer_api.core.errors import CredentialRefused
from customer_api.core.ids import random_uuid
from customer_api.security.key_ring import KeyRing
from customer_api.security.signing_keys import SigningKey

TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - RFC 9068, section 2.1
EXPIRED: Final = "expired"
MAX_TOKEN_LENGTH: Final = 4096
MAX_LIFETIME_SECONDS: Final = int(timedelta(days=1).total_seconds())
CLOCK_LEEWAY_SECONDS: Final = 5
CACHE_SIZE: Final = 10_000

_MAX_SUBJECT_LENGTH: Final = 1024
_MAX_ID_LENGTH: Final = 128
_SHAPE: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


class TokenInvalid(CredentialRefused):
    """Not an access token of ours, or not one now."""


class TokenMalformed(TokenInvalid):
    """Not even the form of an access token; nobody can have meant it as one of ours."""


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """The claims of a token whose signature, type, audience and times are right."""

    subject: str
    session: str
    token_id: str
    scopes: tuple[str, ...]
    issued_at: int
    """Seconds since 1970, as is `expires_at`."""
    expires_at: int


class AccessTokens:
    """Issues tokens with the ring's signing key and verifies those of any key in it.

    Verified tokens are remembered until they expire, by their digests and for their signatures
    only: whether the session lives is asked elsewhere, each time. For use in one thread.
    """

    def __init__(self, ring: KeyRing, *, clock: Clock, audience: str, ttl_seconds: int) -> None:
        self._ring = ring
        self._clock = clock
        self._audience = audience
        self._ttl_seconds = ttl_seconds
        self._verified: dict[bytes, VerifiedToken] = {}
        self._verified_by = ring.version

    def issue(
        self, *, subject: str, session: str, scopes: Sequence[str], actor: str | None = None
    ) -> str:
        """Return a signed token that is good from now on for the configured lifetime.

        `actor` is who acts as the subject, when that is somebody else (RFC 8693, section 4.1).
        """
        self._follow_ring()
        now = self._now()
        claims = {
            "aud": self._audience,
            "jti": random_uuid(),
            "iat": now,
            "nbf": now,
            "exp": now + self._ttl_seconds,
            "sub": subject,
            "scopes": list(scopes),
            "sid": session,
        }
        if actor is not None:
            claims["act"] = {"sub": actor}
        key = self._ring.signing
        headers = {"typ": TOKEN_TYPE, "kid": key.kid}
        token: str = jws.sign(claims, key.signer, headers=headers, algorithm=key.algorithm)
        return token

    def verify(self, token: str) -> VerifiedToken:
        """Return what a token says.

        Raises:
            TokenInvalid: whatever is wrong with it. A token is expired in the second of `exp`; that
                alone is told, as the reason, and only of a token with the right signature.
        """
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise TokenMalformed
        self._follow_ring()
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        verified = known or self._claims(self._payload(token))
        if verified.expires_at <= self._now():
            self._verified.pop(digest, None)
            raise TokenInvalid(EXPIRED)
        if known is None:
            self._remember(digest, verified)
        return verified

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the public keys as a JWK set (RFC 7517, section 5), the signing one first."""
        return {"keys": [key.public_jwk for key in self._ring.keys]}

    def _follow_ring(self) -> None:
        """Follow a rotation after a while; tokens of a retired key are forgotten with it."""
        if self._ring.is_due(self._clock.now()):
            self._ring.look()
        if self._verified_by != self._ring.version:
            self._verified_by = self._ring.version
            self._verified.clear()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _remember(self, digest: bytes, verified: VerifiedToken) -> None:
        if len(self._verified) >= CACHE_SIZE:
            del self._verified[next(iter(self._verified))]  # the one that was put in first
        self._verified[digest] = verified

    def _payload(self, token: str) -> dict[str, Any]:
        """Check form, header and signature, in this order, and return the payload."""
        parts = _SHAPE.fullmatch(token)
        if parts is None:
            raise TokenMalformed
        header = _parse(_decode(parts[1]))
        signature = _decode(parts[3])
        key = self._key(header)
        if not key.verifier.verify(f"{parts[1]}.{parts[2]}".encode(), signature):
            raise TokenInvalid
        return _parse(_decode(parts[2]))

    def _key(self, header: dict[str, Any]) -> SigningKey:
        """Return the configured key that a header names; the key decides on the algorithm."""
        if header.keys() != {"alg", "kid", "typ"} or header["typ"] != TOKEN_TYPE:
            raise TokenInvalid
        kid = header["kid"]
        key = self._ring.find(kid) if isinstance(kid, str) else None
        if key is None or header["alg"] != key.algorithm:
            raise TokenInvalid
        return key

    def _claims(self, payload: dict[str, Any]) -> VerifiedToken:
        issued_at, expires_at = _time(payload, "iat"), _time(payload, "exp")
        latest = self._now() + CLOCK_LEEWAY_SECONDS
        if issued_at > latest or _time(payload, "nbf") > latest:
            raise TokenInvalid
        if not 0 < expires_at - issued_at <= MAX_LIFETIME_SECONDS:
            raise TokenInvalid
        if payload.get("aud") != self._audience:
            raise TokenInvalid
        return VerifiedToken(
            subject=_text(payload, "sub", longest=_MAX_SUBJECT_LENGTH),
            session=_text(payload, "sid", longest=_MAX_ID_LENGTH),
            token_id=_text(payload, "jti", longest=_MAX_ID_LENGTH),
            scopes=_texts(payload, "scopes"),
            issued_at=issued_at,
            expires_at=expires_at,
        )


def _decode(segment: str) -> bytes:
    """Decode base64url without padding; only the one text that encodes the bytes will do."""
    try:
        decoded = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError as error:
        raise TokenInvalid from error
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != segment:
        raise TokenInvalid
    return decoded


def _parse(text: bytes) -> dict[str, Any]:
    """Parse a JSON object of UTF-8 text in which no member is given twice."""
    try:
        parsed = json.loads(
            text.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise TokenInvalid from error
    if not isinstance(parsed, dict):
        raise TokenInvalid
    return parsed


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(members)
    if len(parsed) != len(members):
        raise TokenInvalid
    return parsed


def _refuse_constant(_name: str) -> None:
    raise TokenInvalid


def _time(payload: dict[str, Any], name: str) -> int:
    value = payload.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise TokenInvalid
    return value


def _text(payload: dict[str, Any], name: str, *, longest: int) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise TokenInvalid
    if not value.isprintable():  # such as NUL and lone surrogates, which no database takes
        raise TokenInvalid
    return value


def _texts(payload: dict[str, Any], name: str) -> tuple[str, ...]:
    values = payload.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TokenInvalid
    return tuple(values)
