"""Tokens that the issuer would never make, for tests of what is refused."""

import base64
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwk

from customer_api.security.signing_keys import SigningKey


def encoded(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def part(token: str, index: int) -> bytes:
    """Return what a segment of a token encodes."""
    segment = token.split(".")[index]
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def forged_token(
    good: str,
    key: SigningKey,
    *,
    claims: Mapping[str, Any] | bytes | None = None,
    header: Mapping[str, Any] | bytes | None = None,
    without: Iterable[str] = (),
) -> str:
    """Return a good token with other claims or another header, rightly signed with the key."""
    if not isinstance(claims, bytes):
        merged = json.loads(part(good, 1)) | dict(claims or {})
        claims = json.dumps({n: v for n, v in merged.items() if n not in without}).encode()
    if header is None:
        header = {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"}
    head = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{encoded(head)}.{encoded(claims)}"
    return f"{signed}.{encoded(key.signer.sign(signed.encode()))}"


def hostile_tokens(good: str, key: SigningKey, listener: str) -> dict[str, str]:
    """Return tokens made from a good one, each wrong in one way; its name says which.

    `listener` is a URL that nobody may ever call. The key signs what is said to be signed, so only the
    one fault can be the reason of a refusal.
    """
    head, body, signature = good.split(".")
    normal = {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"}
    now = json.loads(part(good, 1))["iat"]
    headers: dict[str, Mapping[str, Any] | bytes] = {
        **{f"alg {it!r}": {**normal, "alg": it} for it in ("none", "None", "", None, ["ES256"])},
        **{f"alg {it!r}": {**normal, "alg": it} for it in ("es256", "HS256", "RS256", "PS256")},
        **{
            f"kid {str(it)[:20]!r}": {**normal, "kid": it}
            for it in ("../../dev/null", "' OR 1=1 --", "x" * 3000, "", None, 1, ["a"], "x\0")
        },
        **{
            f"typ {it!r}": {**normal, "typ": it}
            for it in ("JWT", "rt+jwt", "AT+JWT", None, ["at+jwt"], "application/at+jwt")
        },
        "jku": {**normal, "jku": f"{listener}/keys"},
        "x5u": {**normal, "x5u": f"{listener}/certificate"},
        "jwk": {**normal, "jwk": key.public_jwk},
        "crit": {**normal, "crit": ["exp"]},
        "zip": {**normal, "zip": "DEF"},
        "b64": {**normal, "b64": False},
        "cty": {**normal, "cty": "JWT"},
        "no alg": {"kid": key.kid, "typ": "at+jwt"},
        "no kid": {"alg": key.algorithm, "typ": "at+jwt"},
        "no typ": {"alg": key.algorithm, "kid": key.kid},
        "header nested": b"[" * 900,
        "header no object": b"[]",
        "header UTF-16": json.dumps(normal).encode("utf-16"),
        "header with BOM": b"\xef\xbb\xbf" + json.dumps(normal).encode(),
        "header doubled": json.dumps(normal).encode()[:-1] + b',"typ":"at+jwt"}',
    }
    claims: dict[str, Mapping[str, Any] | bytes] = {
        "expired": {"iat": now - 100, "nbf": now - 100, "exp": now - 1},
        "not yet": {"nbf": now + 3600},
        "from the future": {"iat": now + 3600, "exp": now + 7200},
        "lives too long": {"exp": now + 10 * 86_400},
        "exp huge": {"exp": 10**30},
        "exp text": {"exp": str(now + 60)},
        "exp fraction": {"exp": now + 60.5},
        "exp true": {"exp": True},
        "other audience": {"aud": "another-api"},
        "audience list": {"aud": ["customer-api"]},
        "subject number": {"sub": 21},
        "subject object": {"sub": {"customer_reference": "DE--21"}},
        "subject no JSON": {"sub": "DE--21"},
        "subject other JSON": {"sub": '["DE--21"]'},
        "subject of another": {"sub": '{"customer_reference":"DE--21"}'},
        "subject reference number": {"sub": '{"customer_reference":21}'},
        "session unknown": {"sid": "00000000-0000-0000-0000-000000000000"},
        "session NUL": {"sid": "a\0b"},
        "session surrogate": {"sid": "\ud800"},
        "session long": {"sid": "x" * 200},
        "scopes text": {"scopes": "customer"},
        "payload no object": b"null",
        "payload NaN": b'{"exp":NaN}',
        "payload nested": b"[" * 900,
    }
    tokens = {name: forged_token(good, key, header=it) for name, it in headers.items()}
    tokens |= {name: forged_token(good, key, claims=it) for name, it in claims.items()}
    tokens |= {
        f"without {it}": forged_token(good, key, without=[it])
        for it in ("aud", "jti", "iat", "nbf", "exp", "sub", "scopes", "sid")
    }
    stranger = ec.generate_private_key(ec.SECP256R1())
    signed = f"{head}.{body}"
    public = key.verifier.prepared_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return tokens | {
        "signed by a stranger": (
            f"{signed}.{encoded(jwk.construct(stranger, 'ES256').sign(signed.encode()))}"
        ),
        "HS256 with the public key": (
            f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}"
        ),
        "unsigned": f"{signed}.",
        "zero signature": f"{signed}.{encoded(bytes(64))}",
        "short signature": f"{signed}.{signature[:-2]}",
        "padded": f"{good}=",
        "four parts": f"{good}.{signature}",
        "two parts": signed,
        "parts swapped": f"{body}.{head}.{signature}",
        "refresh-like": "x" * 43,
        "overlong": "e30." + "A" * 6000 + ".AA",
        "dots": "..",
    }
