"""Single rules: which values break them, to the character of the message."""

from datetime import date

import pytest

from customer_api.jsonapi.constraints import (
    Choice,
    Constraint,
    Country,
    Date,
    Email,
    IsTrue,
    Length,
    NotBlank,
    PastDate,
    Regex,
    StrictEmail,
    TypeBool,
)

TODAY = date(2026, 3, 1)
BLANK = "This value should not be blank."
CHOICE = "The value you selected is not a valid choice."
NO_EMAIL = "This value is not a valid email address."
NO_DATE = "This value is not a valid date."
NO_COUNTRY = "This value is not a valid country."
NOT_TRUE = "This value should be true."
NO_BOOL = "This value should be of type bool."
TOO_SHORT = "This value is too short. It should have 2 characters or more."
TOO_LONG = "This value is too long. It should have 3 characters or less."
NOT_EXACT = "This value should have exactly 2 characters."


@pytest.mark.parametrize(
    ("constraint", "value", "message"),
    [
        (NotBlank(), None, BLANK),
        (NotBlank(), "", BLANK),
        (NotBlank(), " ", None),
        (Length(2, 3), None, None),
        (Length(2, 3), "", TOO_SHORT),
        (Length(2, 3), "a", TOO_SHORT),
        (Length(2, 3), "ab", None),
        (Length(2, 3), "abc", None),
        (Length(2, 3), "abcd", TOO_LONG),
        (Length(max=3), "", None),
        (Length(max=3), "\U0001f600" * 3, None),
        (Length(max=3), "abcd", TOO_LONG),
        (Length(min=2), "a", TOO_SHORT),
        (Length(min=2), "a" * 1000, None),
        (Length(2, 2), "a", NOT_EXACT),
        (Length(2, 2), "ab", None),
        (Length(2, 2), "abc", NOT_EXACT),
        (Email(), None, None),
        (Email(), "", None),
        (Email(), "test.com", NO_EMAIL),
        (Email(), "ü@b.de", None),
        (StrictEmail(), None, None),
        (StrictEmail(), "", None),
        (StrictEmail(), "ü@b.de", NO_EMAIL),
        (StrictEmail(), "sonia@acme.com", None),
        (Choice("Mr", "Ms"), None, None),
        (Choice("Mr", "Ms"), "Ms", None),
        (Choice("Mr", "Ms"), "", CHOICE),
        (Choice("Mr", "Ms"), "mr", CHOICE),
        (Regex("^a+$", "Only a."), None, None),
        (Regex("^a+$", "Only a."), "", None),
        (Regex("^a+$", "Only a."), "aa", None),
        (Regex("^a+$", "Only a."), "aa\n", "Only a."),
        (Regex("^a+$", "Only a."), "baa", "Only a."),
        (Regex(r"^\d$", "Digit."), "7", None),
        (Regex(r"^\d$", "Digit."), "\u0667", "Digit."),
        (Date(), None, None),
        (Date(), "", None),
        (Date(), "2024-02-29", None),
        (Date(), "2999-01-01", None),
        (Date(), "2023-02-29", NO_DATE),
        (Date(), "0000-01-01", NO_DATE),
        (Date(), "20240229", NO_DATE),
        (Date(), "2024-W01-1", NO_DATE),
        (Date(), "2024-2-9", NO_DATE),
        (Date(), "\u0662\u0660\u0662\u0664-01-01", NO_DATE),
        (Date(), "2024-02-29\n", NO_DATE),
        (PastDate(), None, None),
        (PastDate(), "", None),
        (PastDate(), "2026-03-01", None),
        (PastDate(), "2026-03-02", NO_DATE),
        (PastDate(), "x", NO_DATE),
        (Country({"DE"}.__contains__), None, None),
        (Country({"DE"}.__contains__), "", None),
        (Country({"DE"}.__contains__), "DE", None),
        (Country({"DE"}.__contains__), "XX", NO_COUNTRY),
        (IsTrue(), True, None),
        (IsTrue(), 1, None),
        (IsTrue(), "1", None),
        (IsTrue(), None, NOT_TRUE),
        (IsTrue(), False, NOT_TRUE),
        (IsTrue(), 0, NOT_TRUE),
        (IsTrue(), 2, NOT_TRUE),
        (IsTrue(), 1.0, NOT_TRUE),
        (IsTrue(), "", NOT_TRUE),
        (IsTrue(), "true", NOT_TRUE),
        (IsTrue(), [], NOT_TRUE),
        (IsTrue(), {}, NOT_TRUE),
        (TypeBool(), None, None),
        (TypeBool(), True, None),
        (TypeBool(), False, None),
        (TypeBool(), "", NO_BOOL),
        (TypeBool(), 0, NO_BOOL),
        (TypeBool(), "1", NO_BOOL),
        (TypeBool(), [], NO_BOOL),
    ],
)
def test_a_value_gets_the_message_of_the_rule_it_breaks(constraint, value, message):
    assert constraint.refusal(value, TODAY) == message


def test_a_rule_without_a_refusal_of_its_own_is_a_mistake():
    with pytest.raises(TypeError, match="abstract"):
        Constraint()


def test_choices_are_compared_by_their_values():
    assert Choice("Mr", "Ms") == Choice("Mr", "Ms") != Choice("Mr")
