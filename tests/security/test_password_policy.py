import sys

import pytest

from customer_api.core.settings import CHARACTER_RULE
from customer_api.security.password_policy import (
    PasswordCharactersRefused,
    PasswordCommon,
    PasswordPolicy,
    PasswordRefused,
    PasswordSequenceRefused,
    PasswordTooLong,
    PasswordTooShort,
)


def policy(**changes):
    rules = {
        "min_length": 12,
        "max_length": 128,
        "pattern": CHARACTER_RULE,
        "sequence_limit": 3,
        "deny_list": (),
        "allow_list": (),
        "context_words": (),
    }
    return PasswordPolicy(**{**rules, **changes})


@pytest.mark.parametrize(
    "password", ["Change123!321", "Abcdefghij1!", "Abcdefgh1!Ij" * 10 + "Zz9.Zz9."]
)
def test_good_passwords_pass(password):
    policy().check(password, email="ada@shop.example")


def test_eleven_characters_are_too_short():
    with pytest.raises(PasswordTooShort):
        policy().check("Abcdefghi1!")


def test_129_characters_are_too_long():
    with pytest.raises(PasswordTooLong):
        policy().check("Ab1!" * 32 + "x")


def test_length_counts_code_points_and_not_bytes():
    policy(pattern="").check("пароль из слов")

    with pytest.raises(PasswordTooShort):
        policy(pattern="").check("пароль")


@pytest.mark.parametrize(
    "password",
    [
        "abcdefghij1!",
        "ABCDEFGHIJ1!",
        "Abcdefghijk!",
        "Abcdefghijk1",
        "Abcdéfghij1!",
        "Abcdefghij1! ",
        "Abcdefghij1!\N{ARABIC-INDIC DIGIT FIVE}",
    ],
)
def test_characters_that_do_not_fit_the_pattern_are_refused(password):
    with pytest.raises(PasswordCharactersRefused):
        policy().check(password)


def test_an_empty_pattern_admits_every_character():
    policy(pattern="").check("😀 correct horse battery")


@pytest.mark.parametrize("password", ["Abcdeeefghij1!", "Abcdefghij1!!!", "\n\n\nAbcdefghij1!"])
def test_three_equal_characters_in_a_row_are_refused(password):
    with pytest.raises(PasswordSequenceRefused):
        policy(pattern="").check(password)


def test_two_equal_characters_in_a_row_are_fine():
    policy().check("Aabbccddee1!")


def test_a_sequence_limit_of_zero_admits_any_number():
    policy(sequence_limit=0).check("Abcdeeeeeeee1!")


@pytest.mark.parametrize(
    "password", ["qwerty123456", "Qwerty123456", "Qwerty123456!", "1qaz2wsx3edc?!"]
)
def test_frequent_passwords_are_common_even_with_capitals_and_specials(password):
    with pytest.raises(PasswordCommon):
        policy(pattern="").check(password)


@pytest.mark.parametrize("password", ["Winter-Sale-2026!", "winter-sale-2026", "WINTER-SALE-2026?"])
def test_the_deny_list_knows_no_case(password):
    with pytest.raises(PasswordCommon):
        policy(pattern="", deny_list=["Winter-Sale-2026"]).check(password)


@pytest.mark.parametrize(
    "password",
    ["Ada.Lovelace1!", "ada.lovelace", "Ada.Lovelace1815", "Ada.Lovelace@Shop.Example"],
)
def test_the_own_email_is_common(password):
    with pytest.raises(PasswordCommon):
        policy(pattern="").check(password, email="ada.lovelace@shop.example")


def test_the_shop_name_is_common():
    with pytest.raises(PasswordCommon):
        policy(context_words=["SpringMeadow"]).check("Springmeadow123!")


def test_names_of_others_and_longer_texts_are_not_common():
    rules = policy(context_words=["Meadow"])

    rules.check("Meadow-of-flowers1!", email="ada@shop.example")
    rules.check("Charles.Babbage1!", email="ada@shop.example")


def test_a_password_of_digits_is_not_taken_for_a_name_of_digits():
    policy(pattern="", context_words=["", "4711"]).check("975318642013", email="123@shop.example")


def test_the_allow_list_escapes_every_rule():
    policy(allow_list=["aaa"], deny_list=["aaa"]).check("aaa")


def test_the_allow_list_is_exact():
    with pytest.raises(PasswordTooShort):
        policy(allow_list=["change123"]).check("Change123")


def test_rules_are_tried_in_order():
    rules = policy(deny_list=["aaa"])

    with pytest.raises(PasswordTooShort):
        rules.check("aaa")
    with pytest.raises(PasswordCharactersRefused):
        rules.check("aaa" * 5)


def test_all_refusals_are_one_kind():
    with pytest.raises(PasswordRefused):
        policy().check("")


def test_the_scorer_is_not_loaded_for_the_list_of_passwords():
    with pytest.raises(PasswordCommon):
        policy(pattern="").check("qwerty123456")

    assert "zxcvbn" not in sys.modules
