import hashlib
import re
import subprocess
import sys

import pytest

from customer_api.security.one_time_keys import digest, new_key, successor

FORKING = """
import os
from customer_api.core.ids import random_crockford, random_uuid
from customer_api.security.one_time_keys import new_key

def write_keys(number):
    made = [make() for _ in range(number) for make in (new_key, random_uuid, lambda: random_crockford(10))]
    os.write(1, "".join(f"{key}\\n" for key in made).encode())

write_keys(1)
for _ in range(2):
    child = os.fork()
    if not child:
        for _ in range(50):
            write_keys(100)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.promise("S103")
def test_forked_processes_make_different_keys():
    made = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, check=True
    )

    keys = made.stdout.split()
    assert len(set(keys)) == len(keys) == 3 * (1 + 2 * 5000)


@pytest.mark.promise("S51")
def test_a_thousand_keys_are_all_different():
    keys = {new_key() for _ in range(1000)}

    assert len(keys) == 1000


@pytest.mark.promise("S51")
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
