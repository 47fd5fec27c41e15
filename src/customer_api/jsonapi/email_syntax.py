"""What counts as an e-mail address: strictly for new ones, loosely for those we may know."""

import re
from typing import Final

from email_validator import EmailNotValidError, validate_email

LONGEST: Final = 254
"""Most characters of an address that can be used at all (RFC 5321, 4.5.3.1.3, without brackets)."""

_BLANK_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")


def is_strictly_email(text: str) -> bool:
    """Tell whether mail can be sent to this very text.

    Display names, quoted local parts, IP addresses, non-ASCII local parts and domains without a
    dot are refused; domains may be international, and special-use ones such as `.test` pass.
    """
    if len(text) > LONGEST:  # the library says the same, but only after walking through all of it
        return False
    try:
        address = validate_email(
            text,
            check_deliverability=False,
            strict=True,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            test_environment=True,
        )
    except EmailNotValidError:
        return False
    return "." in address.ascii_domain


def is_loosely_email(text: str) -> bool:
    """Tell whether the text has the outline of an address: one at-sign, a dotted domain, no blanks.

    Imported customers log in with addresses that the strict test would refuse.
    """
    local, _, domain = text.partition("@")
    dotted = "." in domain.strip(".") and "@" not in domain
    return bool(local) and dotted and not _BLANK_OR_CONTROL.search(text)
