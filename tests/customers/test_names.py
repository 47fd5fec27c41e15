"""Normal forms of names."""

import pytest

from customer_api.customers.names import KEY_LENGTH, name_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        (None, ""),
        ("", ""),
        ("Ada", "ada"),
        ("  Ada \t Maria ", "ada maria"),
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Straße", "strasse"),
        ("\uff21\uff44\uff41", "ada"),
        ("Ångström", "angstrom"),
        ("Ελένη", "ελενη"),
        ("が", "が"),
        ("한글", "한글"),
    ],
)
def test_spellings_of_one_name_have_one_key(name, key):
    assert name_key(name) == key


def test_a_key_is_its_own_key():
    key = name_key("Ça Straße")

    assert name_key(key) == key


def test_no_name_makes_a_key_that_an_index_cannot_hold():
    assert len(name_key("\ufdfa" * 100)) <= KEY_LENGTH
