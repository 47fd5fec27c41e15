import asyncio
import socket
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from customer_api.mail.errors import (
    DeliveryFailed,
    DeliveryInterrupted,
    DeliveryRefused,
    ServerUnavailable,
)
from customer_api.mail.message import RenderedMail, compose, serialised
from customer_api.mail.transport import (
    FilesTransport,
    MemoryTransport,
    SmtpTransport,
    open_transport,
)
from tests.mail.smtp import (
    PASSWORD,
    USER,
    CuttingSink,
    SilentSink,
    Sink,
    SlowSink,
    make_certificate,
    smtp_server,
    talking_server,
)

ADA = "ada@customer.example"


@pytest.fixture
def make_message():
    def make(identity="0d9f3e5c"):
        return compose(
            RenderedMail(
                subject="Hello", text="Hello Ada\n.\n", html="<p>Hello</p>", language="en"
            ),
            sender="shop@shop.example",
            recipient=ADA,
            reference="DE--7K3MX0Q2VD",
            message_id=f"<{identity}@shop.example>",
            date=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        )

    return make


@pytest.fixture
def message(make_message):
    return make_message()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The contexts of a server with a certificate, and of clients that trust it."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def transport_to():
    def make(port, scheme="smtp", **options):
        options = {"timeout_seconds": 5.0} | options
        return SmtpTransport(scheme=scheme, host="127.0.0.1", port=port, **options)

    return make


async def test_memory_keeps_messages_in_order(make_message):
    transport = MemoryTransport()
    first, second = make_message("1"), make_message("2")

    await transport.send(first, recipient=ADA)
    await transport.send(second, recipient=ADA)
    await transport.check()

    assert transport.sent == [(ADA, first), (ADA, second)]


async def test_file_is_named_by_time_and_id_and_private(tmp_path, message):
    directory = tmp_path / "var" / "mail"
    transport = FilesTransport(directory)

    await transport.send(message, recipient=ADA)

    (file,) = directory.iterdir()
    assert file.name == "20260301T120000Z-0d9f3e5c@shop.example.eml"
    assert file.read_bytes() == serialised(message)
    assert file.stat().st_mode & 0o777 == 0o600
    assert directory.stat().st_mode & 0o777 == 0o700


async def test_same_mail_again_is_the_same_file(tmp_path, make_message):
    transport = FilesTransport(tmp_path)
    (tmp_path / ".20260301T120000Z-1@shop.example.eml.part").write_text("left by a crash" * 999)

    await transport.send(make_message("1"), recipient=ADA)
    await transport.send(make_message("1"), recipient=ADA)
    await transport.send(make_message("2"), recipient=ADA)

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "20260301T120000Z-1@shop.example.eml",
        "20260301T120000Z-2@shop.example.eml",
    ]


async def test_directory_that_cannot_be_written_takes_no_mail_at_all(tmp_path, message):
    (tmp_path / "file").touch()

    with pytest.raises(ServerUnavailable) as caught:
        await FilesTransport(tmp_path / "file" / "mail").send(message, recipient=ADA)

    assert caught.value.code == "files_ENOTDIR"


async def test_check_of_files_makes_nothing(tmp_path):
    directory = tmp_path / "var" / "mail"

    await FilesTransport(directory).check()

    assert list(tmp_path.iterdir()) == []


async def test_check_of_files_refuses_a_path_below_a_file(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(ServerUnavailable) as caught:
        await FilesTransport(tmp_path / "file" / "mail").check()

    assert caught.value.code == "files_not_writable"


async def test_check_of_a_server_hands_over_nothing(transport_to):
    sink = Sink()
    async with smtp_server(sink) as port:
        await transport_to(port).check()

    assert sink.envelopes == []


async def test_check_of_a_server_that_is_away_fails(transport_to):
    async with smtp_server(Sink()) as port:
        pass

    with pytest.raises(ServerUnavailable):
        await transport_to(port).check()


async def test_server_gets_the_mail_with_one_recipient(transport_to, message):
    sink = Sink()
    async with smtp_server(sink) as port:
        transport = transport_to(port)

        await transport.send(message, recipient=ADA)

    (envelope,) = sink.envelopes
    received = message_from_bytes(envelope.original_content, policy=policy.default)
    text, _ = received.iter_parts()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("shop@shop.example", [ADA])
    assert received["Message-ID"] == "<0d9f3e5c@shop.example>"
    assert text.get_content().splitlines() == ["Hello Ada", "."]
    assert sink.is_encrypted is False


@pytest.mark.parametrize("command", ["rcpt", "data"])
async def test_permanent_answer_refuses_the_mail(transport_to, message, command):
    async with smtp_server(Sink(**{command: f"550 no mailbox {ADA}"})) as port:
        with pytest.raises(DeliveryRefused) as caught:
            await transport_to(port).send(message, recipient=ADA)

    assert (caught.value.code, str(caught.value)) == ("smtp_550", "smtp_550")


@pytest.mark.parametrize("command", ["rcpt", "data"])
async def test_passing_answer_fails_the_mail(transport_to, message, command):
    async with smtp_server(Sink(**{command: f"451 later, {ADA}"})) as port:
        with pytest.raises(DeliveryFailed) as caught:
            await transport_to(port).send(message, recipient=ADA)

    assert not isinstance(caught.value, ServerUnavailable)
    assert (caught.value.code, str(caught.value)) == ("smtp_451", "smtp_451")


@pytest.mark.parametrize("answer", ["451 too fast", "550 not this sender"])
async def test_refused_sender_concerns_all_mails(transport_to, message, answer):
    async with smtp_server(Sink(mail=answer)) as port:
        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(port).send(message, recipient=ADA)

    assert caught.value.code == f"smtp_{answer[:3]}"


@pytest.mark.promise("S83")
async def test_nobody_listening_is_unavailable(transport_to, message):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # a port that is taken but does not listen

        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(reserved.getsockname()[1]).send(message, recipient=ADA)

    assert caught.value.code == "connection_refused"


@pytest.mark.promise("S83")
@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ((), "timeout"),
        (("421 no service", None), "smtp_421"),
        (("554 no service", None), "smtp_554"),
        ((None,), "connection_lost"),
    ],
)
async def test_server_that_greets_nobody_is_unavailable(transport_to, message, lines, code):
    async with talking_server(*lines) as port:
        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(port, timeout_seconds=0.2).send(message, recipient=ADA)

    assert caught.value.code == code


async def test_server_that_refuses_to_talk_is_unavailable(transport_to, message):
    async with smtp_server(Sink(ehlo="550 not with you")) as port:
        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(port).send(message, recipient=ADA)

    assert caught.value.code == "smtp_550"


@pytest.mark.parametrize(
    ("sink", "code"), [(SilentSink(), "timeout"), (Sink(rcpt="421 closing"), "smtp_421")]
)
async def test_server_that_breaks_off_before_the_message_surely_has_not_got_it(
    transport_to, message, sink, code
):
    async with smtp_server(sink) as port:
        with pytest.raises(DeliveryInterrupted) as caught:
            await transport_to(port, timeout_seconds=0.5).send(message, recipient=ADA)

    assert caught.value.code == code
    assert sink.envelopes == []


@pytest.mark.promise("S85")
async def test_connection_lost_after_the_message_fails_the_mail(transport_to, message):
    async with smtp_server(CuttingSink()) as port:
        with pytest.raises(DeliveryFailed) as caught:
            await transport_to(port).send(message, recipient=ADA)

    assert type(caught.value) is DeliveryFailed  # it may have been delivered
    assert caught.value.code == "connection_lost"


@pytest.mark.promise("S83")
async def test_slow_answer_to_the_message_is_waited_for(transport_to, message):
    sink = SlowSink()
    async with smtp_server(sink) as port:
        sending = transport_to(port, timeout_seconds=0.1).send(message, recipient=ADA)

        await asyncio.gather(sending, sink.answer_after(0.2))

    assert len(sink.envelopes) == 1


async def test_answer_to_the_message_is_not_waited_for_without_end(transport_to, message):
    async with smtp_server(SlowSink()) as port:
        with pytest.raises(DeliveryFailed) as caught:
            await transport_to(port, answer_timeout_seconds=0.1).send(message, recipient=ADA)

    assert type(caught.value) is DeliveryFailed
    assert caught.value.code == "timeout"


async def test_server_that_closes_instead_of_taking_the_message_has_not_got_it(
    transport_to, message
):
    async with smtp_server(Sink(data="421 closing")) as port:
        with pytest.raises(DeliveryInterrupted):
            await transport_to(port).send(message, recipient=ADA)


async def test_failure_after_the_mail_was_taken_changes_nothing(transport_to, message):
    sink = Sink(quit="451 stay")
    async with smtp_server(sink) as port:
        await transport_to(port).send(message, recipient=ADA)

    assert len(sink.envelopes) == 1


async def test_starttls_encrypts_and_logs_in(transport_to, message, certificate):
    server_tls, client_tls = certificate
    sink = Sink()
    async with smtp_server(sink, tls=server_tls) as port:
        transport = transport_to(
            port, "smtp+starttls", tls=client_tls, user=USER, password=PASSWORD
        )

        await transport.send(message, recipient=ADA)

    assert len(sink.envelopes) == 1
    assert sink.is_encrypted


async def test_tls_from_the_start_encrypts(transport_to, message, certificate):
    server_tls, client_tls = certificate
    sink = Sink()
    async with smtp_server(sink, implicit_tls=server_tls) as port:
        await transport_to(port, "smtps", tls=client_tls).send(message, recipient=ADA)

    assert len(sink.envelopes) == 1


@pytest.mark.promise("S86")
async def test_mail_is_not_sent_in_clear_when_starttls_is_missing(transport_to, message):
    sink = Sink()
    async with smtp_server(sink) as port:
        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(port, "smtp+starttls").send(message, recipient=ADA)

    assert caught.value.code == "tls_unavailable"
    assert sink.envelopes == []


@pytest.mark.promise("S83")
@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
async def test_unknown_certificate_is_not_trusted(transport_to, message, certificate, scheme):
    server_tls, _ = certificate
    sink = Sink()
    contexts = {"smtps": {"implicit_tls": server_tls}, "smtp+starttls": {"tls": server_tls}}
    async with smtp_server(sink, **contexts[scheme]) as port:
        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(port, scheme).send(message, recipient=ADA)

    assert caught.value.code == "tls_failed"
    assert sink.envelopes == []


async def test_wrong_password_concerns_all_mails(transport_to, message, certificate):
    server_tls, client_tls = certificate
    async with smtp_server(Sink(), tls=server_tls) as port:
        transport = transport_to(port, "smtp+starttls", tls=client_tls, user=USER, password="wrong")

        with pytest.raises(ServerUnavailable) as caught:
            await transport.send(message, recipient=ADA)

    assert caught.value.code == "login_refused"


async def test_server_without_login_concerns_all_mails(transport_to, message):
    async with smtp_server(Sink()) as port:
        with pytest.raises(ServerUnavailable) as caught:
            await transport_to(port, user=USER, password=PASSWORD).send(message, recipient=ADA)

    assert caught.value.code == "SMTPException"


@pytest.mark.parametrize("url", ["files:./var/mail", "files:/var/mail"])
def test_files_url_opens_a_directory(url):
    assert isinstance(open_transport(url), FilesTransport)


async def test_user_and_password_in_the_url_are_decoded(message, certificate, monkeypatch):
    server_tls, client_tls = certificate
    monkeypatch.setattr("ssl.create_default_context", lambda: client_tls)
    sink = Sink()
    async with smtp_server(sink, tls=server_tls) as port:
        url = f"smtp+starttls://shop%40relay:p%3Ass%2Fw%C3%B6rd@localhost:{port}"

        await open_transport(url).send(message, recipient=ADA)

    assert len(sink.envelopes) == 1


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("smtp://relay.example", 25),
        ("smtps://relay.example/", 465),
        ("smtp+starttls://relay.example", 587),
    ],
)
async def test_port_follows_from_the_scheme(url, port, message, monkeypatch):
    ports = []

    class Recorded(Exception):
        pass

    def record(**options):
        ports.append(options["port"])
        raise Recorded

    monkeypatch.setattr("customer_api.mail.transport.SMTP", record)
    with pytest.raises(Recorded):
        await open_transport(url).send(message, recipient=ADA)

    assert ports == [port]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "files:",
        "files://s3cret/mail",
        "http://shop:s3cret@relay.example",
        "smtp:s3cret",
        "smtp://",
        "smtp://shop:s3cret@",
        "smtp://shop:s3cret@relay.example:port",
        "smtp://shop:s3cret@relay.example:99999",
        "smtp://shop:s3cret/x@relay.example",
        "smtp://shop:s3cret@relay.example/path",
        "smtp://shop:s3cret@relay.example?x=1",
        "smtp://shop:s3cret@relay.example#x",
        "smtp://s3cret@relay.example",
        "smtp://[s3cret",
    ],
)
def test_unusable_url_is_refused_without_its_secrets(url):
    with pytest.raises(ValueError, match="mail") as caught:
        open_transport(url)

    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
