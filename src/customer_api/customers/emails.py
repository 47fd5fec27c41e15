"""When two spellings of an e-mail address are the same mailbox."""

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import idna

EMAIL_LENGTH: Final = 320
"""Most characters of an address and of its key: 64 before the @ and 255 after it (RFC 5321)."""


def domain_key(domain: str) -> str:
    """Return the form under which a folded domain is the same: its A-labels (IDNA 2008 by UTS 46)."""
    with suppress(idna.IDNAError, UnicodeError):  # not a domain: the folded text serves as well
        return idna.encode(domain, uts46=True).decode("ascii")
    return domain


def email_key(email: str, domain_key: Callable[[str], str] = domain_key) -> str:
    """Return the form under which an address is unique: NFKC, case-folded, IDNA domain.

    Mail is never sent to the key but to the spelling the owner gave. Text that is no address has a
    key too (its folded self), so that looking it up finds nothing rather than fails. `domain_key` is
    for those who remember what it returned.
    """
    if len(email) > EMAIL_LENGTH:
        return email[
            : EMAIL_LENGTH + 1
        ]  # normalising hostile text is slow, and nobody has this key
    folded = unicodedata.normalize("NFKC", email).casefold()
    local, separator, domain = folded.rpartition("@")
    return f"{local}@{domain_key(domain)}" if separator else folded
