"""Hashes of other systems, made of their descriptions alone, by the standard library."""

import base64
import hashlib

from argon2 import low_level
from argon2.low_level import Type

SALT = "seasalt"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def argon2(password: str, kind: str = "i") -> str:
    """Return a hash of argon2, cheap."""
    made = low_level.hash_secret(
        password.encode(),
        b"somesaltsomesalt",
        time_cost=1,
        memory_cost=72,
        parallelism=1,
        hash_len=32,
        type=Type[kind.upper()],
    )
    return made.decode()


def django_pbkdf2(password: str, algorithm: str = "sha256", iterations: int = 100) -> str:
    """Return what Django's `PBKDF2PasswordHasher` writes."""
    derived = hashlib.pbkdf2_hmac(algorithm, password.encode(), SALT.encode(), iterations)
    return f"pbkdf2_{algorithm}${iterations}${SALT}${_b64(derived)}"


def werkzeug_pbkdf2(password: str, algorithm: str = "sha256", iterations: int = 100) -> str:
    """Return what `werkzeug.security.generate_password_hash(method="pbkdf2")` writes."""
    derived = hashlib.pbkdf2_hmac(algorithm, password.encode(), SALT.encode(), iterations)
    return f"pbkdf2:{algorithm}:{iterations}${SALT}${derived.hex()}"


def passlib_scrypt(password: str, n: int = 16, r: int = 8, p: int = 1) -> str:
    """Return what passlib writes."""
    derived = _scrypt(password, n, r, p)[:32]
    salt, checksum = (_b64(raw).rstrip("=") for raw in (SALT.encode(), derived))
    return f"$scrypt$ln={n.bit_length() - 1},r={r},p={p}${salt}${checksum}"


def django_scrypt(password: str, n: int = 16, r: int = 8, p: int = 1) -> str:
    """Return what Django's `ScryptPasswordHasher` writes."""
    return f"scrypt${n}${SALT}${r}${p}${_b64(_scrypt(password, n, r, p))}"


def werkzeug_scrypt(password: str, n: int = 16, r: int = 8, p: int = 1) -> str:
    """Return what `werkzeug.security.generate_password_hash` writes."""
    return f"scrypt:{n}:{r}:{p}${SALT}${_scrypt(password, n, r, p).hex()}"


def _scrypt(password: str, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=SALT.encode(), n=n, r=r, p=p, dklen=64)


ITOA64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def phpass(password: str, prefix: str = "$P$", rounds: int = 7) -> str:
    """Return what `crypt_private` of phpass's PasswordHash.php writes."""
    salt, raw = b"abcdefgh", password.encode()
    state = hashlib.new("md5", salt + raw).digest()  # noqa: S324 - what the format is made of
    for _ in range(2**rounds):
        state = hashlib.new("md5", state + raw).digest()  # noqa: S324 - likewise
    text = ""
    for start in range(0, 16, 3):  # each three bytes are four characters, the last bits first
        chunk = state[start : start + 3]
        number = int.from_bytes(chunk, "little")
        text += "".join(ITOA64[number >> 6 * place & 63] for place in range(len(chunk) + 1))
    return prefix + ITOA64[rounds] + salt.decode() + text


def ldap(password: str, scheme: str = "{SSHA}", salt: bytes = b"saltsalt") -> str:
    """Return what a directory stores (RFC 2307)."""
    algorithm = {"{SSHA}": "sha1", "{SSHA256}": "sha256", "{SSHA512}": "sha512"}[scheme]
    return scheme + _b64(hashlib.new(algorithm, password.encode() + salt).digest() + salt)


def chain(password: str, *versions: int, salt: str = SALT) -> str:
    """Return what Magento stores after upgrades through these versions."""
    text = password
    for version in versions:
        text = hashlib.new(("md5", "sha256")[version], (salt + text).encode()).hexdigest()
    return f"{text}:{salt}:{':'.join(map(str, versions))}"


def by_format(password: str) -> dict[str, str]:
    """Return a hash in every spelling that can be imported, but bcrypt's and argon2id's own."""
    return {
        "argon2i": argon2(password, "i"),
        "argon2d": argon2(password, "d"),
        "argon2id of Django": "argon2" + argon2(password, "id"),
        "PBKDF2 with SHA-256": django_pbkdf2(password),
        "PBKDF2 with SHA-1": django_pbkdf2(password, "sha1"),
        "PBKDF2 of Werkzeug": werkzeug_pbkdf2(password),
        "PBKDF2 with SHA-1 of Werkzeug": werkzeug_pbkdf2(password, "sha1"),
        "phpass": phpass(password),
        "phpass of phpBB": phpass(password, "$H$", 8),
        "scrypt": passlib_scrypt(password),
        "scrypt of Django": django_scrypt(password, p=5),
        "scrypt of Werkzeug": werkzeug_scrypt(password),
        "salted SHA-1": ldap(password),
        "salted SHA-256": ldap(password, "{SSHA256}"),
        "salted SHA-512": ldap(password, "{SSHA512}", salt=b"salt"),
        "MD5 of a shop": chain(password, 0),
        "SHA-256 of a shop": chain(password, 1),
        "MD5, later SHA-256 of a shop": chain(password, 0, 1),
        "MD5 without version": chain(password, 0).removesuffix(":0"),
        "SHA-256 without version": chain(password, 1).removesuffix(":1"),
    }
