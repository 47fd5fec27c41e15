import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.customers.emails import email_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Shop.Example", "ada@shop.example"),
        ("u\N{COMBINING DIAERESIS}@shop.example", "ü@shop.example"),
        ("ada@b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\N{COMBINING DIAERESIS}cher.example", "ada@bücher.example"),
        ("\N{LATIN SMALL LETTER LONG S}am@shop.example", "sam@shop.example"),
        ("\N{KELVIN SIGN}im@shop.example", "kim@shop.example"),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}da@shop.example", "ada@shop.example"),
        ("ada\N{FULLWIDTH COMMERCIAL AT}shop.example", "ada@shop.example"),
        ("STRASSE@shop.example", "straße@shop.example"),
        ("ada@shop\N{IDEOGRAPHIC FULL STOP}example", "ada@shop.example"),
        (
            "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}da@shop.example",
            "i\N{COMBINING DOT ABOVE}da@shop.example",
        ),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(one, other):
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@shop.example", "ada@shop.test"),
        ("ada+news@shop.example", "ada@shop.example"),
        ("a.da@shop.example", "ada@shop.example"),
        ("\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}da@shop.example", "ida@shop.example"),
        ("\N{LATIN SMALL LETTER DOTLESS I}da@shop.example", "ida@shop.example"),
    ],
)
def test_different_mailboxes_have_different_keys(one, other):
    assert email_key(one) != email_key(other)


@pytest.mark.parametrize(
    "text", ["", "Ada", "@", "ada@", "@shop.example", "a@b@c", "ada@..", "ada@\x00", "ada@-a-.b"]
)
def test_what_is_no_address_has_a_key_too(text):
    assert email_key(text) == text.casefold()


def test_the_key_of_an_address_is_ascii_where_it_can_be():
    assert email_key("Ada@BÜCHER.Example") == "ada@xn--bcher-kva.example"


@given(st.text(max_size=60) | st.emails())
def test_any_text_has_a_key_and_case_never_counts(text):
    key = email_key(text)

    assert email_key(text.casefold()) == key


def test_a_text_longer_than_any_address_is_not_looked_at_closely():
    endless = "\ufdfa" * 60_000 + "@shop.example"

    assert email_key(endless) == endless[:321]
