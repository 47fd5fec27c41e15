"""SMTP servers on loopback that take mails, refuse them, or say nothing."""

import asyncio
import datetime
import ssl
from contextlib import asynccontextmanager
from ipaddress import ip_address

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "shop@relay", "p:ss/wörd"


class Sink:
    """Keeps what it takes; `answers` has the replies to give instead, by command."""

    def __init__(self, **answers):
        self.answers = answers
        self.envelopes = []
        self.is_encrypted = None

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802 - aiosmtpd's name
        session.host_name = hostname
        return [self.answers["ehlo"]] if "ehlo" in self.answers else responses

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, _server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.is_encrypted = session.ssl is not None
        answer = self.answers.get("data", "250 OK")
        if answer.startswith("250"):
            self.envelopes.append(envelope)
        return answer

    async def handle_QUIT(self, *_):  # noqa: N802 - aiosmtpd's name
        return self.answers.get("quit", "221 Bye")


class SilentSink(Sink):
    """Answers no RCPT."""

    async def handle_RCPT(self, *_):  # noqa: N802 - aiosmtpd's name
        await asyncio.Event().wait()


class CuttingSink(Sink):
    """Hangs up instead of answering to the message."""

    async def handle_DATA(self, server, *_):  # noqa: N802 - aiosmtpd's name
        server.transport.abort()
        return "250 nobody reads this"


class SlowSink(Sink):
    """Takes messages, and says so when it is told to."""

    def __init__(self):
        super().__init__()
        self._may_answer = asyncio.Event()

    async def answer_after(self, seconds):
        """Answer so long after the call, and at once from then on."""
        await asyncio.sleep(seconds)
        self._may_answer.set()

    async def handle_DATA(self, *arguments):  # noqa: N802 - aiosmtpd's name
        await self._may_answer.wait()
        return await super().handle_DATA(*arguments)


def authenticate(server, session, envelope, mechanism, data):
    expected = (USER.encode(), PASSWORD.encode())
    return AuthResult(success=(data.login, data.password) == expected, handled=False)


@asynccontextmanager
async def smtp_server(sink, *, tls=None, implicit_tls=None):
    """Run a server on a free port and return the port.

    Args:
        sink: handles the commands.
        tls: offers STARTTLS with it, and login afterwards.
        implicit_tls: encrypts from the start with it.
    """
    loop = asyncio.get_running_loop()

    def protocol():
        return SMTP(sink, hostname="localhost", tls_context=tls, authenticator=authenticate)

    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=implicit_tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def talking_server(*lines):
    """Run a server that says these lines at once, hangs up when the last is None, or stays silent."""
    closed = asyncio.Event()

    async def talk(reader, writer):
        for line in lines:
            if line is not None:
                writer.write(line.encode() + b"\r\n")
        if lines and lines[-1] is None:
            writer.close()
            return
        await closed.wait()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        closed.set()


def make_certificate(directory):
    """Return the contexts of a server called localhost and of clients that trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)  # noqa: TID251 - TLS reads the real clock
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = directory / "localhost.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=pem)
