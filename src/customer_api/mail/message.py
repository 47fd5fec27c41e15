"""What a mail is, from its order to the message on the wire.

Nothing a customer typed gets into a header except the recipient's address, which must be a bare one.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Final

import idna

from customer_api.core.ids import CustomerId

REGISTRATION_CONFIRMATION: Final = "registration_confirmation"
WELCOME: Final = "welcome"
ACCOUNT_EXISTS: Final = "account_exists"
PASSWORD_RESTORE: Final = "password_restore"  # noqa: S105 - a template's name
PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105 - a template's name
REFRESH_TOKEN_REUSED: Final = "refresh_token_reused"  # noqa: S105 - a template's name
PASSWORD_REMOVED: Final = "password_removed"  # noqa: S105 - a template's name
EMAIL_ASSIGNED: Final = "email_assigned"
PASSWORD_RESET: Final = "password_reset"  # noqa: S105 - a template's name
PASSWORD_INVITATION: Final = "password_invitation"  # noqa: S105 - a template's name
EMAIL_CHANGE: Final = "email_change"
EMAIL_CHANGED: Final = "email_changed"
EMAIL_CHANGE_UNDONE: Final = "email_change_undone"
PERSONAL_DATA_EXPORTED: Final = "personal_data_exported"
ACCOUNT_DELETED: Final = "account_deleted"
NEWSLETTER_CONFIRMATION: Final = "newsletter_confirmation"
NEWSLETTER_WELCOME: Final = "newsletter_welcome"

REFERENCE_HEADER: Final = "Customer-Reference"
HEADERS: Final = frozenset(
    {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "Content-Language",
        "Auto-Submitted",
        REFERENCE_HEADER,
    }
)
"""Every message has exactly these header fields, each once."""
UNSUBSCRIBE_HEADERS: Final = frozenset({"List-Unsubscribe", "List-Unsubscribe-Post"})
"""Those of newsletters beside them (RFC 8058, section 3.1)."""
UNSUBSCRIBE_URL: Final = "unsubscribe_url"
"""The variable of a mail with the URL at which one request ends the newsletter."""

LINE_LIMIT: Final = 998  # RFC 5322 section 2.1.1
ADDRESS_MAX_LENGTH: Final = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 with its brackets

# Quoted-printable lines have at most 76 characters (RFC 2045 section 6.7).
_BODY_POLICY: Final = policy.SMTP.clone(max_line_length=76)
# Header fields are never folded: folding long words as encoded words is where parsers disagree.
_WIRE_POLICY: Final = policy.SMTP.clone(max_line_length=998)

_LOCAL_PART: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_LOCAL_PART_MAX_LENGTH: Final = 64

# Line breaks and encoded words, which Python before 3.11.10 turns back into line breaks.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f]|=\?")


@dataclass(frozen=True, slots=True)
class Mail:
    """An order to write to a customer, or to a guest."""

    template: str
    """Name of the directory with its templates."""
    recipient: str
    """Bare address, spelt as its owner does."""
    locale: str
    """Such as `de_DE`; the language decides which templates are used. Empty means the store's."""
    reference: str
    """The customer's public reference, or what a guest's mail is about; a header field shows it."""
    customer_id: CustomerId | None
    variables: Mapping[str, str]
    """`first_name` and `last_name` (may be empty); where the template has a link, `link` and its
    lifetime as `hours` and as `minutes`; in a newsletter `UNSUBSCRIBE_URL`, if there is one."""


@dataclass(frozen=True, slots=True)
class RenderedMail:
    """The texts of a mail, ready to be put into a message."""

    subject: str
    text: str
    html: str
    language: str
    """Of the templates that were used, such as `de`."""


class MessageRefused(Exception):
    """A mail cannot be put into a safe message, now or later; `code` says why, without its data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def bare_address(text: str) -> str:
    """Return the address in the ASCII form that every mail server takes (IDNA domain).

    Raises:
        MessageRefused: anything but `local@domain.tld`, such as a display name, a list, a quoted
            local part or a line break.
    """
    local, _, domain = unicodedata.normalize("NFC", text).rpartition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise MessageRefused("address_invalid") from error
    address = f"{local}@{domain}"
    if (
        not _LOCAL_PART.fullmatch(local)
        or not _DOMAIN.fullmatch(domain)
        or len(local) > _LOCAL_PART_MAX_LENGTH
        or len(address) > ADDRESS_MAX_LENGTH
    ):
        raise MessageRefused("address_invalid")
    return address


def compose(
    rendered: RenderedMail,
    *,
    sender: str,
    recipient: str,
    reference: str,
    message_id: str,
    date: datetime,
    unsubscribe_url: str | None = None,
) -> EmailMessage:
    """Return a message with exactly `HEADERS`, a text part and an HTML part.

    With an `unsubscribe_url` it has `UNSUBSCRIBE_HEADERS`, too.

    The message is parsed again from its bytes, because a header is what a reader makes of it.

    Raises:
        MessageRefused: an address is not bare, or a header would not be read as it is meant.
    """
    headers = {
        "From": bare_address(sender),
        "To": bare_address(recipient),
        "Subject": rendered.subject,
        "Message-ID": message_id,
        "Content-Language": rendered.language,
        "Auto-Submitted": "auto-generated",
        REFERENCE_HEADER: reference,
    }
    if unsubscribe_url is not None:
        headers |= {
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    if any(_UNSAFE.search(value) for value in headers.values()):
        raise MessageRefused("header_invalid")
    message = EmailMessage(policy=_BODY_POLICY)
    message.set_content(rendered.text, cte=_encoding(rendered.text))
    message.add_alternative(rendered.html, subtype="html", cte=_encoding(rendered.html))
    message["Date"] = date
    for name, value in headers.items():
        message[name] = value
    if not _is_read_back(serialised(message), headers):
        raise MessageRefused("header_invalid")
    return message


def serialised(message: EmailMessage) -> bytes:
    """Return the message as it goes over the wire, with CRLF line ends and ASCII only."""
    return message.as_bytes(policy=_WIRE_POLICY)


def _is_read_back(wire: bytes, headers: Mapping[str, str]) -> bool:
    parsed = message_from_bytes(wire, policy=policy.default)
    return (
        sorted(parsed.keys()) == sorted(HEADERS | headers.keys())
        and all(parsed[name] == value for name, value in headers.items())
        and [address.addr_spec for address in parsed["To"].addresses] == [headers["To"]]
    )


def _encoding(text: str) -> str:
    """Return a transfer encoding: plain text stays as it is, so that links can be read in files."""
    is_plain = text.isascii() and all(len(line) <= LINE_LIMIT for line in text.splitlines())
    return "7bit" if is_plain else "quoted-printable"
