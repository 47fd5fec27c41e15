"""Random secrets that are handed out once and stored only as digests.

They have 256 random bits, so a plain SHA-256 protects them as well as a slow hash would.
"""

import base64
import hashlib
import hmac
import secrets


def new_key() -> str:
    """Return 256 random bits in base64url without padding: 43 characters."""
    return secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    """Return the 32 bytes under which a key is stored; takes whatever text a stranger sends."""
    return hashlib.sha256(_bytes(key)).digest()


def successor(token: str, secret: bytes) -> str:
    """Return the refresh token that follows another: always the same for the same secret.

    A repeated refresh can so be answered alike without the successor being stored anywhere.
    """
    derived = hmac.digest(secret, _bytes(token), "sha256")
    return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    # Lone surrogates have no UTF-8 form; a forged key with one must be unknown and not an error.
    return text.encode("utf-8", errors="surrogatepass")
