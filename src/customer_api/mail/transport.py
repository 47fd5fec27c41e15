"""Ways to hand a message over: to an SMTP server, to files, or to a list in memory."""

import asyncio
import errno
import os
import re
import ssl
from contextlib import suppress
from datetime import UTC
from email.message import EmailMessage
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from customer_api.mail.errors import (
    DeliveryFailed,
    DeliveryInterrupted,
    DeliveryRefused,
    ServerUnavailable,
)
from customer_api.mail.message import serialised

TIMEOUT_SECONDS: Final = 20.0
ANSWER_TIMEOUT_SECONDS: Final = 60.0
"""For the answer to a message: who gives up on a slow server sends the mail twice."""
QUIT_TIMEOUT_SECONDS: Final = 1.0

FILES_PREFIX: Final = "files:"
SMTP_PORTS: Final = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}

_CLOSING: Final = 421
_PERMANENT: Final = range(500, 600)
_CODES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (SMTPAuthenticationError, "login_refused"),
    (ssl.SSLError, "tls_failed"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection_refused"),
    (SMTPServerDisconnected, "connection_lost"),
)


class Transport(Protocol):
    """Hands messages over, one at a time."""

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        """Return once the other side is responsible for the message.

        Raises:
            DeliveryRefused: never try this mail again.
            DeliveryFailed: try it again later; it may have been delivered all the same.
            DeliveryInterrupted: the same, but it was surely not delivered.
            ServerUnavailable: the same, and all other mails would fail too.
        """

    async def check(self) -> None:
        """Return when mails could be handed over at present; hands over none.

        Raises:
            ServerUnavailable: they could not.
        """


class MemoryTransport:
    """Keeps messages in a list, for tests."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, EmailMessage]] = []
        """Recipient and message, in the order of sending."""

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        """Append the message."""
        self.sent.append((recipient, message))

    async def check(self) -> None:
        """Return at once: memory is always there."""


class FilesTransport:
    """Writes one `.eml` file for each mail, readable by the owner of the process alone.

    The name is made of the message's date and id, so a mail that is sent twice is one file.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def send(self, message: EmailMessage, *, recipient: str) -> None:  # noqa: ARG002 - `To` tells it
        """Write the file; it survives a power loss from then on."""
        try:
            await asyncio.to_thread(self._write, _file_name(message), serialised(message))
        except OSError as error:
            raise ServerUnavailable(f"files_{errno.errorcode.get(error.errno or 0)}") from error

    async def check(self) -> None:
        """Look whether the directory can be written, or made where it is missing."""
        nearest = next(
            path for path in (self._directory, *self._directory.resolve().parents) if path.exists()
        )
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            raise ServerUnavailable("files_not_writable")

    def _write(self, name: str, content: bytes) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self._directory / f".{name}.part"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self._directory / name)
        _sync_directory(self._directory)


class SmtpTransport:
    """Hands each mail to an SMTP server over a connection of its own."""

    def __init__(
        self,
        *,
        scheme: str,
        host: str,
        port: int,
        user: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        answer_timeout_seconds: float = ANSWER_TIMEOUT_SECONDS,
    ) -> None:
        """Set up the transport; it connects with the first mail.

        Args:
            scheme: a key of `SMTP_PORTS`; `smtp+starttls` never goes on without encryption.
            host: the name that the server's certificate must have.
            port: of the server.
            user: None = no login.
            password: of the user.
            tls: the certificates to trust; the system's by default.
            timeout_seconds: for everything up to the message, together.
            answer_timeout_seconds: for handing the message itself over.
        """
        self._scheme = scheme
        self._host = host
        self._port = port
        self._user = user
        self._password = password
        self._tls = tls or ssl.create_default_context()
        self._timeout_seconds = timeout_seconds
        self._answer_timeout_seconds = answer_timeout_seconds

    async def send(self, message: EmailMessage, *, recipient: str) -> None:
        """Hand the message over; bounded by the two time-outs."""
        client = self._client()
        deadline = asyncio.get_running_loop().time() + self._timeout_seconds
        try:
            await self._open(client, deadline)
            await _address(client, message, recipient=recipient, deadline=deadline)
            await self._hand_over(client, serialised(message))
            with suppress(SMTPException):  # the server has the mail, whatever it says now
                await client.quit(timeout=QUIT_TIMEOUT_SECONDS)
        finally:
            client.close()

    async def check(self) -> None:
        """Connect, greet, encrypt and log in as for a mail."""
        client = self._client()
        try:
            await self._open(client, asyncio.get_running_loop().time() + self._timeout_seconds)
        finally:
            client.close()

    def _client(self) -> SMTP:
        return SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout_seconds,
            use_tls=self._scheme == "smtps",
            start_tls=False,  # done by `_open`, so that every failure has its own code
            tls_context=self._tls,
        )

    async def _open(self, client: SMTP, deadline: float) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await client.connect()
                await client.ehlo()
                if self._scheme == "smtp+starttls":
                    if not client.supports_extension("starttls"):
                        raise ServerUnavailable("tls_unavailable")
                    await client.starttls()
                    await client.ehlo()
                if self._user is not None and self._password is not None:
                    await client.login(self._user, self._password)
        except (SMTPException, OSError) as error:
            raise ServerUnavailable(_code(error)) from error

    async def _hand_over(self, client: SMTP, content: bytes) -> None:
        try:
            async with asyncio.timeout(self._answer_timeout_seconds):
                await client.data(content, timeout=self._answer_timeout_seconds)
        except SMTPResponseException as error:
            raise _refusal(error) from error
        except (SMTPException, OSError) as error:  # it may have the mail
            raise DeliveryFailed(_code(error)) from error


def open_transport(url: str) -> Transport:
    """Return the transport of a `MAIL_URL`; it touches neither disk nor network yet.

    Raises:
        ValueError: the URL cannot be used; the message repeats nothing of it.
    """
    if url.startswith(FILES_PREFIX):
        directory = url.removeprefix(FILES_PREFIX)
        if not directory or directory.startswith("//"):
            raise ValueError("mail files need a directory, such as files:./var/mail")
        return FilesTransport(Path(directory))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the mail URL has no valid host and port") from None
    if parts.scheme not in SMTP_PORTS:
        raise ValueError(f"the mail URL must start with {FILES_PREFIX} or {', '.join(SMTP_PORTS)}")
    if not host or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError(
            "the mail URL must be scheme://user:password@host:port (%-encode specials)"
        )
    if (parts.username is None) != (parts.password is None):
        raise ValueError("the mail URL needs both a user and a password, or neither")
    return SmtpTransport(
        scheme=parts.scheme,
        host=host,
        port=port or SMTP_PORTS[parts.scheme],
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


async def _address(client: SMTP, message: EmailMessage, *, recipient: str, deadline: float) -> None:
    """Name sender and recipient to the server."""
    try:
        async with asyncio.timeout_at(deadline):
            await client.mail(message["From"].addresses[0].addr_spec)
            await client.rcpt(recipient)
    except SMTPSenderRefused as error:  # all mails have this sender
        raise ServerUnavailable(_code(error)) from error
    except SMTPRecipientRefused as error:
        raise _refusal(error) from error
    except (SMTPException, OSError) as error:
        raise DeliveryInterrupted(_code(error)) from error


def _refusal(error: SMTPResponseException) -> DeliveryFailed | DeliveryRefused:
    if error.code == _CLOSING:
        return DeliveryInterrupted(_code(error))
    kind = DeliveryRefused if error.code in _PERMANENT else DeliveryFailed
    return kind(_code(error))


def _code(error: Exception) -> str:
    """Return a code for the error; never its text, which may hold an address."""
    for kind, code in _CODES:
        if isinstance(error, kind) or isinstance(error.__cause__, kind):
            return code
    if isinstance(error, SMTPResponseException):
        return f"smtp_{error.code}"
    return type(error).__name__


def _file_name(message: EmailMessage) -> str:
    sent_at = message["Date"].datetime.astimezone(UTC)
    identity = re.sub(r"[^A-Za-z0-9.@-]", "", message["Message-ID"])
    return f"{sent_at:%Y%m%dT%H%M%SZ}-{identity}.eml"


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
