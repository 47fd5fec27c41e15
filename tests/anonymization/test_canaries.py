import base64
import hashlib
import html
import json
import quopri
import unicodedata
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.anonymization.canaries import Canaries, CanaryTooShort, Sighting

EMAIL = "Canary.Änne@Bücher.example"
KEY = "canary.änne@xn--bcher-kva.example"
NAME = "Änne O'Malley & <Söhne>"


@pytest.mark.parametrize(
    ("form", "copy"),
    [
        ("plain", NAME.encode()),
        ("plain", NAME.upper().encode()),
        ("plain", unicodedata.normalize("NFD", NAME).encode()),
        ("url", quote(NAME).encode()),
        ("url", quote(NAME, safe="").lower().encode()),
        ("url", quote_plus(NAME).encode()),
        ("json", json.dumps(NAME).encode()),
        ("json", json.dumps(NAME).upper().encode()),
        ("html", html.escape(NAME).encode()),
        ("quoted-printable", quopri.encodestring(NAME.encode()).replace(b"=\n", b"")),
        ("hex", NAME.encode().hex().encode()),
        ("hex", NAME.encode().hex().upper().encode()),
        ("utf-16", NAME.encode("utf-16-le")),
        ("utf-16", NAME.encode("utf-16-be")),
        ("base64", base64.b64encode(NAME.encode())),
        ("base64", base64.urlsafe_b64encode(b"x" + NAME.encode() + b"yz")),
    ],
)
def test_a_value_is_found_in_every_form(form, copy):
    found = Canaries([NAME]).find(b"before " + copy + b" behind")

    assert Sighting(1, form) in found


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("text", [EMAIL, EMAIL.lower(), KEY])
def test_digests_of_an_address_are_found(name, text):
    digest = hashlib.new(name, text.encode())
    copies = [
        digest.digest(),
        digest.hexdigest().encode(),
        digest.hexdigest().upper().encode(),
        base64.b64encode(digest.digest()),
    ]

    assert {Canaries([EMAIL]).find(copy) for copy in copies} == {frozenset({Sighting(1, name)})}


def test_digests_of_other_values_are_nobodys_business():
    assert Canaries([NAME]).find(hashlib.sha256(NAME.encode()).digest()) == frozenset()


@given(before=st.binary(max_size=7), behind=st.binary(max_size=7))
def test_base64_is_found_at_every_alignment(before, behind):
    copy = base64.b64encode(before + NAME.encode() + behind)

    assert Sighting(1, "base64") in Canaries([NAME]).find(copy)


def test_each_canary_has_its_number_and_others_are_not_seen():
    canaries = Canaries(["first value", "second value", "third value"])

    found = canaries.find(b"the second value, and the THIRD VALUE")

    assert found == {Sighting(2, "plain"), Sighting(3, "plain")}


def test_nothing_is_found_where_nothing_is():
    assert Canaries([EMAIL, NAME]).find(b"canary.bob@buecher.example" * 100) == frozenset()


def test_what_would_be_found_by_chance_is_refused():
    with pytest.raises(CanaryTooShort, match="at least 6 characters"):
        Canaries(["long enough", "short"])


def test_pieces_of_a_file_must_overlap_by_the_longest_form():
    assert Canaries([NAME]).longest >= len(json.dumps(NAME)) - 2
    assert Canaries([]).longest == 0
