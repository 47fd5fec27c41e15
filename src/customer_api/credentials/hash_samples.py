"""A query over the kinds of password digests."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, or_, select

from customer_api.credentials.models import CredentialRow

_BASE64: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def list_foreign_hashes(connection: Connection, own_kind: str) -> tuple[str, ...]:
    """Return a digest of each kind that is stored beside our own; looks at every digest.

    Of PBKDF2 it is one for each number of iterations.
    """
    samples = connection.execute(_SAMPLES, {"ours": f"{own_kind}%"}).scalars()
    return tuple(map(str, samples))


def _without_end(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what stands before the last `$`, if base64 follows it."""
    return func.rtrim(func.rtrim(text, _BASE64), "$")


_HASH: Final = CredentialRow.__table__.c.password_hash
# bcrypt tells its cost in seven characters and phpass in four; salted digests of one round all cost
# alike. The others (argon2, scrypt, PBKDF2) end with a salt and a checksum.
_KIND: Final = case(
    (_HASH.like("$2%"), func.substr(_HASH, 1, 7)),
    (_HASH.like("$_$%"), func.substr(_HASH, 1, 4)),
    (or_(_HASH.like("$%"), _HASH.like("pbkdf2%")), _without_end(_without_end(_HASH))),
    else_="",
)
_SAMPLES: Final = select(func.min(_HASH)).where(_HASH.not_like(bindparam("ours"))).group_by(_KIND)
