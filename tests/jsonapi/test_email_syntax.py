"""The two tests of e-mail addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.jsonapi.email_syntax import LONGEST, is_loosely_email, is_strictly_email


@pytest.mark.parametrize(
    "text",
    ["sonia@spryker.com", "Lilu@ottom.de", "a+b@shop.test", "o'neil@b.example", "a@bücher.de"],
)
def test_usual_addresses_pass_both_tests(text):
    assert is_strictly_email(text)
    assert is_loosely_email(text)


@pytest.mark.parametrize(
    "text",
    ["ü@b.de", "a..b@c.de", ".a@b.de", "a@-b.de", "a@1.2.3.4", "a@b.de.", "<a@b.de>", '"a"@b.de'],
)
def test_imported_addresses_need_only_the_outline(text):
    assert is_loosely_email(text)
    assert not is_strictly_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "test.com",
        "@",
        "a@",
        "@b.de",
        "a@b",
        "a@test",
        "a@.de",
        "a@b.",
        "a@b@c.de",
        "a b@c.de",
        " a@b.de",
        "a@b.de\n",
        "a@b\u00a0c.de",
        "a\x7f@b.de",
        "a@b.de\x1b",
        "Foo <a@b.de>",
        '"a b"@c.de',
        "a@[127.0.0.1]x@",
    ],
)
def test_other_texts_pass_neither_test(text):
    assert not is_strictly_email(text)
    assert not is_loosely_email(text)


def test_a_local_part_has_at_most_64_characters():
    assert is_strictly_email(f"{'a' * 64}@b.de")
    assert not is_strictly_email(f"{'a' * 65}@b.de")


def test_an_ip_address_is_no_domain():
    assert not is_strictly_email("a@[192.168.100.1]")


def test_an_address_too_long_for_a_shop_may_still_be_one():
    assert is_strictly_email(f"{'a' * 64}@{'b' * 60}.de")


def test_no_address_is_longer_than_mail_can_carry():
    domain = ".".join(["b" * 62] * 3) + ".de"
    address = f"{'a' * (LONGEST - len(domain) - 1)}@{domain}"

    assert is_strictly_email(address)
    assert not is_strictly_email(f"a{address}")


@given(st.text())
def test_any_text_gets_an_answer(text):
    for candidate in (text, f"a@{text}", f"{text}@b.de"):
        assert is_loosely_email(candidate) or not is_strictly_email(candidate)
