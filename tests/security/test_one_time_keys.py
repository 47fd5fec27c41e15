import hashlib
import re

from customer_api.security.one_time_keys import digest, new_key, successor


def test_a_thousand_keys_are_all_different():
    keys = {new_key() for _ in range(1000)}

    assert len(keys) == 1000


def test_a_key_is_256_bits_of_url_safe_text():
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", new_key())


def test_a_digest_is_the_sha_256_of_the_text():
    assert digest("ключ") == hashlib.sha256("ключ".encode()).digest()


def test_a_forged_key_that_is_no_unicode_has_a_digest_too():
    assert digest("\ud800") != digest("\ud801")


def test_a_successor_can_be_derived_again():
    assert successor("token", b"secret") == successor("token", b"secret")


def test_a_successor_is_the_hmac_in_url_safe_text():
    assert successor("token", b"secret") == "6UERDj0r_oJiHw4-FDRzDXMF0QbF9oyHFl0LJ6RhGko"


def test_a_successor_depends_on_token_and_secret():
    made = {
        successor("token", b"secret"),
        successor("other", b"secret"),
        successor("token", b"other"),
        successor("\ud800", b"secret"),
    }

    assert len(made) == 4
