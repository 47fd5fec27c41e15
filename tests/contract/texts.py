"""Texts of the contract, and what the tests read out of mails."""

import re

import pytest

from tests.shop import mail_text

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For the many cases that the edge decides by itself; what a database decides runs on both."""

TAKEN = (
    422,
    "400",
    "If this email address is already in use, you will receive a password reset link. Otherwise "
    "you must first validate your e-mail address to finish registration. Please check your e-mail.",
)
MISSING = "This field is missing."
BLANK = "This value should not be blank."
CHOICE = "The value you selected is not a valid choice."
SHORT = "This value is too short. It should have 12 characters or more."
LONG = "This value is too long. It should have 128 characters or less."
LONG_NAME = "This value is too long. It should have 100 characters or less."
LONG_PHONE = "This value is too long. It should have 255 characters or less."
NO_EMAIL = "This value is not a valid email address."
NO_STRING = "This value should be of type string."
NOT_TRUE = "This value should be true."
NO_DATE = "This value is not a valid date."
CHARACTERS = (
    "Your password must include at least one uppercase letter, one lowercase letter, one number, "
    "and one special character from the following list: !@#$%^&*()_-+=[]{}|;:<>.,/?\\~. "
    "Non-Latin and other special characters are not allowed."
)
FIELDS = [
    "email",
    "gender",
    "salutation",
    "firstName",
    "lastName",
    "password",
    "confirmPassword",
    "acceptedTerms",
]
ALL_BLANK = [
    f"email => {BLANK}",
    f"gender => {BLANK}",
    f"gender => {CHOICE}",
    f"salutation => {BLANK}",
    f"salutation => {CHOICE}",
    f"firstName => {BLANK}",
    f"lastName => {BLANK}",
    f"password => {BLANK}",
    f"password => {SHORT}",
    f"confirmPassword => {BLANK}",
    f"confirmPassword => {SHORT}",
    f"acceptedTerms => {NOT_TRUE}",
]
LONG_EMAIL = "x" * 60 + "@" + "y" * 40 + ".example"
"""A valid address of more than 100 characters."""


def subjects(mails):
    return [mail["Subject"] for mail in mails]


def keys(mails):
    return [re.search(r"\?token=([\w-]+)", mail_text(mail))[1] for mail in mails]
