from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from customer_api.mail.message import (
    HEADERS,
    MessageRefused,
    RenderedMail,
    bare_address,
    compose,
    serialised,
)

RENDERED = RenderedMail(
    subject="Bitte bestätigen Sie Ihre Registrierung",
    text="Grüße und ein langer Satz, " * 10 + "\nhttps://shop.example/?token=abc\n",
    html="<p>Grüße</p>\n",
    language="de",
)


@pytest.fixture
def compose_with():
    def run(rendered=RENDERED, **changes):
        values = {
            "sender": "shop@shop.example",
            "recipient": "ada@customer.example",
            "reference": "DE--7K3MX0Q2VD",
            "message_id": "<0d9f3e5c@shop.example>",
            "date": datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        }
        return compose(rendered, **(values | changes))

    return run


def parsed(message):
    return message_from_bytes(serialised(message), policy=policy.default)


@pytest.mark.parametrize(
    "address",
    [
        "ada@customer.example",
        "Ada.Lovelace+shop@Customer.Example",
        "o'neil@customer.example",
        "a" * 64 + "@customer.example",
    ],
)
def test_bare_address_is_kept_as_its_owner_spells_it(address):
    assert bare_address(address) == address


@pytest.mark.parametrize(
    ("address", "ascii_form"),
    [
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_international_domain_gets_its_ascii_form(address, ascii_form):
    assert bare_address(address) == ascii_form


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@customer.example",
        "ada@",
        "ada@localhost",
        "Ada <ada@customer.example>",
        "<ada@customer.example>",
        "ada@customer.example, eve@evil.example",
        "ada,eve@evil.example",
        "ada@customer.example\r\nBcc: eve@evil.example",
        "ada@customer.example\n",
        "ada\x00@customer.example",
        '"ada lovelace"@customer.example',
        "ada@[192.0.2.1]",
        "ada@eve@customer.example",
        "ada@customer..example",
        "ada..lovelace@customer.example",
        "jörg@customer.example",
        "ada@büc her.example",
        "a" * 65 + "@customer.example",
        "ada@" + "a." * 125 + "example",
    ],
)
def test_anything_but_one_bare_address_is_refused(address):
    with pytest.raises(MessageRefused) as caught:
        bare_address(address)

    assert caught.value.code == "address_invalid"


def test_message_has_exactly_the_fixed_headers(compose_with):
    message = parsed(compose_with())

    assert sorted(message.keys()) == sorted(HEADERS)
    assert message["From"] == "shop@shop.example"
    assert message["To"] == "ada@customer.example"
    assert message["Subject"] == RENDERED.subject
    assert message["Date"].datetime == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert message["Message-ID"] == "<0d9f3e5c@shop.example>"
    assert message["Content-Language"] == "de"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Customer-Reference"] == "DE--7K3MX0Q2VD"


def test_message_offers_text_before_html(compose_with):
    message = parsed(compose_with())

    text, html = message.iter_parts()
    assert message.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == RENDERED.text.splitlines()
    assert html.get_content().splitlines() == RENDERED.html.splitlines()


def test_wire_form_is_ascii_with_short_body_lines(compose_with):
    wire = serialised(compose_with())

    _, _, body = wire.partition(b"\r\n\r\n")
    assert wire.isascii()
    assert wire.count(b"\n") == wire.count(b"\r\n")
    assert max(len(line) for line in body.split(b"\r\n")) <= 76


def test_long_header_values_are_not_folded(compose_with):
    recipient = f"{'a' * 64}@{'customer.' * 15}example"

    message = parsed(compose_with(recipient=recipient, reference="R" * 255))

    assert message["To"] == recipient
    assert message["Customer-Reference"] == "R" * 255


@pytest.mark.parametrize("field", ["sender", "recipient"])
def test_address_with_a_second_header_is_refused(compose_with, field):
    with pytest.raises(MessageRefused, match="address_invalid"):
        compose_with(**{field: "ada@customer.example\r\nBcc: eve@evil.example"})


@pytest.mark.parametrize("field", ["reference", "message_id"])
@pytest.mark.parametrize(
    "value",
    [
        "x\r\nBcc: eve@evil.example",
        "x\nBcc: eve@evil.example",
        "x\rBcc: eve@evil.example",
        "x\x00",
        "=?utf-8?q?x=0D=0ABcc=3A_eve=40evil.example?=",
    ],
)
def test_value_that_could_become_a_second_header_is_refused(compose_with, field, value):
    with pytest.raises(MessageRefused, match="header_invalid"):
        compose_with(**{field: value})


def test_encoded_word_in_the_recipient_is_refused(compose_with):
    with pytest.raises(MessageRefused, match="header_invalid"):
        compose_with(recipient="=?utf-8?q?eve?=@customer.example")


def test_value_that_a_reader_would_understand_differently_is_refused(compose_with):
    with pytest.raises(MessageRefused, match="header_invalid"):
        compose_with(reference=" padded ")


def test_link_in_a_plain_text_stands_in_one_piece(compose_with):
    link = "https://www.shop.example/register/confirm?token=" + "k" * 43
    rendered = replace(RENDERED, text=f"Hello,\n\n{link}\n", html=f"<a href='{link}'>go</a>\n")

    wire = serialised(compose_with(rendered)).decode("ascii")

    assert wire.count(link) == 2
    assert "Content-Transfer-Encoding: 7bit" in wire


@pytest.mark.parametrize("text", ["Grüße\n", "x" * 999 + "\n"])
def test_what_a_line_of_mail_cannot_hold_is_encoded(compose_with, text):
    message = compose_with(replace(RENDERED, text=text, html=text))

    wire = serialised(message)
    assert max(len(line) for line in wire.splitlines()) <= 998
    assert wire.isascii()
    assert parsed(message).get_body(("plain",)).get_content().strip() == text.strip()
