"""Private keys that sign access tokens: made, loaded, and told apart by their thumbprints."""

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jose import jwk
from jose.backends.base import Key
from jose.utils import base64url_encode

Algorithm = Literal["ES256", "RS256"]

MIN_RSA_BITS: Final = 2048
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_THUMBPRINT_MEMBERS: Final = frozenset({"crv", "e", "kty", "n", "x", "y"})


class SigningKeyInvalid(Exception):
    """A key file cannot be used; the message tells the operator which one and why."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key, what the public may know of it, and what is derived from it."""

    kid: str
    """RFC 7638 thumbprint, so that the same key has the same name in every process."""
    algorithm: Algorithm
    public_jwk: dict[str, str] = field(compare=False)
    """Members of RFC 7517 and 7518 without any private one."""
    signer: Key = field(repr=False, compare=False)
    verifier: Key = field(repr=False, compare=False)
    refresh_secret: bytes = field(repr=False, compare=False)
    """32 bytes from which the successors of refresh tokens are derived."""
    idempotency_secret: bytes = field(repr=False, compare=False)
    """32 bytes that key the digests of requests with an idempotency key."""


def generate_signing_key(path: Path) -> None:
    """Make an EC P-256 key file that only its owner can read; an existing file is kept.

    Of two processes that do so at once one wins, and both find the winner's whole file.

    Raises:
        SigningKeyInvalid: the file cannot be written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new_key(path)
    except OSError as error:
        raise SigningKeyInvalid(f"{path}: cannot be written ({error.strerror})") from error


def write_new_key(path: Path) -> None:
    """Write a new EC P-256 key, whole or not at all; an existing file is kept.

    Raises:
        OSError: it cannot be written.
    """
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(temporary)
    finally:
        temporary.unlink()


def load_signing_keys(paths: Sequence[Path]) -> tuple[SigningKey, ...]:
    """Load the private keys of PEM files, in the order of the paths.

    Raises:
        SigningKeyInvalid: a file is missing, unreadable, open to others, no unencrypted private key
            in PEM, or holds a key that is neither EC P-256 nor RSA from 2048 bits.
    """
    return tuple(_load(path) for path in paths)


def _load(path: Path) -> SigningKey:
    pem = _read(path)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise SigningKeyInvalid(f"{path}: encrypted keys cannot be used") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningKeyInvalid(f"{path}: {_why_not_private(pem)}") from error
    if isinstance(key, ec.EllipticCurvePrivateKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise SigningKeyInvalid(f"{path}: the curve must be P-256, not {key.curve.name}")
        return _signing_key(key, "ES256", private=key.private_numbers().private_value)
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < MIN_RSA_BITS:
            raise SigningKeyInvalid(
                f"{path}: RSA keys need {MIN_RSA_BITS} bits, this has {key.key_size}"
            )
        return _signing_key(key, "RS256", private=key.private_numbers().d)
    raise SigningKeyInvalid(f"{path}: neither an EC nor an RSA key")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read()
    except FileNotFoundError as error:
        raise SigningKeyInvalid(f"{path}: there is no such file") from error
    except OSError as error:
        raise SigningKeyInvalid(f"{path}: cannot be read ({error.strerror})") from error
    if os.name == "posix" and mode & _OTHERS:
        raise SigningKeyInvalid(
            f"{path}: open to group or others (mode {stat.S_IMODE(mode):04o}); run chmod 600"
        )
    return pem


def _why_not_private(pem: bytes) -> str:
    if b"-----BEGIN PUBLIC KEY-----" in pem or b"-----BEGIN CERTIFICATE-----" in pem:
        return "holds the public half only; the private key is needed"
    return "no private key in PEM form"


def _signing_key(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, algorithm: Algorithm, *, private: int
) -> SigningKey:
    verifier = jwk.construct(key.public_key(), algorithm)
    # Made from the public half: the same call on the private one would return the secret, too.
    public: dict[str, Any] = verifier.to_dict()
    essential = {name: public[name] for name in public.keys() & _THUMBPRINT_MEMBERS}
    canonical = json.dumps(essential, sort_keys=True, separators=(",", ":")).encode()
    kid = base64url_encode(hashlib.sha256(canonical).digest()).decode()
    secret = private.to_bytes((key.key_size + 7) // 8, "big")
    return SigningKey(
        kid=kid,
        algorithm=algorithm,
        public_jwk={**essential, "kid": kid, "alg": algorithm, "use": "sig"},
        signer=jwk.construct(key, algorithm),
        verifier=verifier,
        refresh_secret=_derived(secret, b"refresh"),
        idempotency_secret=_derived(secret, b"idempotency"),
    )


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret)
