import base64
import hashlib
from collections import Counter

import pytest
from passlib.hash import bcrypt

from customer_api.credentials.models import CredentialRow
from customer_api.security import hashing
from customer_api.security.hash_formats.base import HashFormat, HashRefused
from customer_api.security.hashing import PasswordHasher, Verification
from customer_api.security.password_hashes import (
    FORMATS,
    decoy,
    is_supported_hash,
    kind_of,
    matches,
    remainder,
    to_stored_hash,
)
from tests.security import foreign_hashes as foreign

PASSWORD = "lètmein"
SPELLINGS = foreign.by_format(PASSWORD)
BCRYPT = bcrypt.using(rounds=4, salt="abcdefghijklmnopqrstuu").hash(PASSWORD)
PUBLISHED = {
    # From the tests of Django, and the documentation of passlib.
    "pbkdf2_sha256$1000000$seasalt2$egbhFghgsJVDo5Tpg/k9ZnfbySKQ1UQnBYXhR97a7sk=": "lètmein",
    "pbkdf2_sha1$1000000$seasalt2$3R9hvSAiAy5ARspAFy5GJ/2rjXo=": "lètmein",
    "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkd"
    "VCBhhY8mx7rQwite/Pw==": "lètmein",
    "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0": "test12345",
    "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E": (
        "password"
    ),
}
NO_MATCH = Verification(matches=False, replacement=None)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_matches_its_password_alone(spelling):
    stored = to_stored_hash(SPELLINGS[spelling])

    assert matches(PASSWORD, stored)
    assert not matches("letmein", stored)
    assert not matches("", stored)


@pytest.mark.parametrize("text", PUBLISHED)
def test_hashes_that_others_published_match(text):
    assert matches(PUBLISHED[text], to_stored_hash(text))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_is_stored_fits_the_column_and_stays_what_it_is(spelling):
    stored = to_stored_hash(SPELLINGS[spelling])

    assert is_supported_hash(stored)
    assert to_stored_hash(stored) == stored
    assert len(stored) <= CredentialRow.__table__.c.password_hash.type.length


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_decoy_costs_the_same_and_matches_nothing(spelling):
    stored = to_stored_hash(SPELLINGS[spelling])

    made = decoy(stored)

    assert is_supported_hash(made)
    assert (kind_of(made), remainder(made, stored)) == (kind_of(stored), None)
    assert not matches(PASSWORD, made)


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        (
            [SPELLINGS["scrypt"], foreign.django_scrypt(PASSWORD), SPELLINGS["scrypt of Werkzeug"]],
            1,
        ),
        ([SPELLINGS["PBKDF2 with SHA-256"], SPELLINGS["PBKDF2 of Werkzeug"]], 1),
        ([foreign.argon2(PASSWORD, "id"), SPELLINGS["argon2id of Django"]], 1),
        ([BCRYPT, f"bcrypt${BCRYPT}"], 1),
        ([foreign.passlib_scrypt(PASSWORD, p=2), SPELLINGS["scrypt"]], 2),
    ],
)
def test_hashes_that_differ_in_who_wrote_them_are_stored_alike(texts, count):
    assert len({to_stored_hash(text) for text in texts}) == count


CHECKSUM = "A" * 43
LIMITS = {
    "pbkdf2_sha256$2000000$salt$" + CHECKSUM + "=": "pbkdf2_sha256$2000001$salt$" + CHECKSUM + "=",
    "$P$E" + "." * 30: "$P$F" + "." * 30,
    f"$scrypt$ln=17,r=8,p=2$c2FsdA${CHECKSUM}": f"$scrypt$ln=17,r=8,p=3$c2FsdA${CHECKSUM}",
    f"$scrypt$ln=16,r=16,p=1$c2FsdA${CHECKSUM}": f"$scrypt$ln=18,r=8,p=1$c2FsdA${CHECKSUM}",
    f"$scrypt$ln=1,r=999,p=999$c2FsdA${CHECKSUM}": f"$scrypt$ln=1,r=9999,p=999$c2FsdA${CHECKSUM}",
    "$2b$16$" + "." * 53: "$2b$17$" + "." * 53,
    "$argon2d$m=1048576,t=20,p=16$" + "A" * 22 + "$" + CHECKSUM: (
        "$argon2d$m=1048576,t=21,p=16$" + "A" * 22 + "$" + CHECKSUM
    ),
    ":".join(["a" * 64, "s" * 64, *"00000001"]): None,
}


@pytest.mark.parametrize("text", LIMITS)
def test_hashes_are_taken_up_to_a_cost(text):
    assert to_stored_hash(text) == text


@pytest.mark.parametrize("text", [text for text in LIMITS.values() if text])
def test_hashes_beyond_that_cost_are_refused(text):
    with pytest.raises(HashRefused, match="too high a cost \\(at most "):
        to_stored_hash(text)


@pytest.mark.parametrize(
    "text",
    [
        f"scrypt$1048576$salt$8$1${'A' * 86}==",
        f"scrypt:1048576:8:1$salt${'0' * 128}",
        f"scrypt:65536:8:9$salt${'0' * 128}",
        f"pbkdf2:sha1:2000001$salt${'0' * 40}",
    ],
)
def test_other_spellings_have_the_same_bounds(text):
    with pytest.raises(HashRefused, match="too high a cost"):
        to_stored_hash(text)


MD5, SHA256 = "0" * 32, "0" * 64


@pytest.mark.parametrize(
    "text",
    [
        "pbkdf2_sha256$100$salt$" + CHECKSUM,
        "pbkdf2_sha256$100$salt$" + "A" * 27 + "=",
        "pbkdf2_sha1$100$salt$" + CHECKSUM + "=",
        "pbkdf2_sha256$100$salt$" + "A" * 42 + "B=",  # bits that no encoding leaves
        "pbkdf2_sha256$0100$salt$" + CHECKSUM + "=",
        "pbkdf2_sha256$\N{ARABIC-INDIC DIGIT ONE}$salt$" + CHECKSUM + "=",
        "pbkdf2_sha256$100$$" + CHECKSUM + "=",
        "pbkdf2_sha256$100$salt$" + CHECKSUM + "=\n",
        "pbkdf2_sha256$100$" + "s" * 129 + "$" + CHECKSUM + "=",
        "pbkdf2:sha256:100$salt$" + "0" * 63,
        "pbkdf2:sha256:100$salt$" + "0" * 40,
        "$P$",
        "$P$4" + "." * 30,
        "$P$9" + "." * 29 + "2",
        "$H$9" + "." * 31,
        "$scrypt$ln=4,r=8,p=1$c2FsdA",
        "$scrypt$ln=0,r=8,p=1$c2FsdA$" + CHECKSUM,
        "$scrypt$ln=16,r=1,p=1$c2FsdA$" + CHECKSUM,  # N must be below 2^(16 r)
        "$scrypt$ln=4,r=8,p=1$c2FsdB$" + CHECKSUM,
        "$scrypt$ln=4,r=8,p=1$c2FsdA$" + CHECKSUM[:-1] + "B",
        "$scrypt$ln=4,r=8,p=1$c2FsdA$" + CHECKSUM + "A",
        f"scrypt$15$salt$8$1${'A' * 86}==",
        f"scrypt$16$salt$8$1${'A' * 43}=",
        f"scrypt$16$salt$0$1${'A' * 86}==",
        f"scrypt:1:8:1$salt${'0' * 128}",
        f"scrypt:16:8:1$salt${'0' * 64}",
        "{SSHA}" + "A" * 28,
        "{SSHA}" + base64.b64encode(bytes(20 + 3)).decode(),
        "{SSHA}" + base64.b64encode(bytes(20 + 17)).decode(),
        "{SSHA256}" + "A" * 50 + "B=",  # bits that no encoding leaves
        "{SSHA256}" + "A" * 33,
        "{SSHA512}" + base64.b64encode(bytes(64 + 8)).decode() + "\n",
        f"{MD5}:salt:1",
        f"{SHA256}:salt:0",
        f"{SHA256}:salt:1:0",
        f"{SHA256}:salt:4",
        f"{SHA256}:salt:01",
        f"{SHA256}:salt:",
        f"{SHA256}::1",
        f"{SHA256}:sa lt:1",
        f"{SHA256}:{'s' * 65}:1",
        ":".join([SHA256, "salt", *"000000001"]),
        f"{'0' * 40}:salt",
    ],
)
def test_damaged_hashes_are_refused(text):
    with pytest.raises(HashRefused, match=r"^not a whole "):
        to_stored_hash(text)


@pytest.mark.parametrize("versions", ["2", "1:2", "0:1:2", "3_32_2_67108864"])
def test_argon2_of_libsodium_is_refused_by_name(versions):
    with pytest.raises(HashRefused, match="Magento's version 2 or 3"):
        to_stored_hash(f"{SHA256}:somesaltsomesalt:{versions}")


@pytest.mark.parametrize(
    "text",
    [
        "$1$salt$checksum",
        "$2x$04$" + BCRYPT[7:],
        "$S$Dxxxxxxx",
        "{ssha}" + SPELLINGS["salted SHA-1"][6:],
        "{CRYPT}$1$salt$checksum",
        "bcrypt_sha256$$2b$12$" + BCRYPT[7:],
        "sha1$salt$" + "0" * 40,
        "9dd4e461268c8034f5c8564e155c67a6",
        hashlib.sha512(b"x").hexdigest().upper(),
    ],
)
def test_hashes_of_other_formats_are_refused(text):
    with pytest.raises(HashRefused, match="of a kind that cannot be verified"):
        to_stored_hash(text)


@pytest.mark.parametrize(
    "text", ["", "change123", "$ecret", "a:b:1", "{braces", "scrypt", "deadbeef", "md5 $"]
)
def test_other_texts_are_no_hashes(text):
    assert to_stored_hash(text) is None
    assert not is_supported_hash(text)


def test_a_text_is_of_one_format_at_the_most():
    texts = [*SPELLINGS.values(), *PUBLISHED, *LIMITS, BCRYPT, f"bcrypt${BCRYPT}"]

    found = [[it.name for it in FORMATS if it.beginning.match(text)] for text in texts]

    assert {len(names) for names in found} == {1}


@pytest.mark.parametrize("error", [ValueError("memory limit exceeded"), MemoryError()])
def test_a_digest_that_memory_does_not_suffice_for_matches_nothing(monkeypatch, error):
    def scrypt(*_arguments, **_options):
        raise error

    monkeypatch.setattr("passlib.crypto.scrypt._scrypt", scrypt)

    assert not matches(PASSWORD, SPELLINGS["scrypt"])


@pytest.fixture
def hasher():
    made = PasswordHasher(memory_kib=64, time_cost=1, threads=1)
    yield made
    made.close()


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_the_right_password_is_hashed_anew(hasher, spelling):
    verification = await hasher.verify(PASSWORD, to_stored_hash(SPELLINGS[spelling]))

    assert verification.matches
    assert kind_of(verification.replacement) == hasher.own_kind
    assert await hasher.verify("letmein", to_stored_hash(SPELLINGS[spelling])) == NO_MATCH


@pytest.fixture
def spent(monkeypatch):
    """Count the work of every hash that is computed: by kind, and for PBKDF2 by its iterations."""
    seen = Counter()
    original = hashing.matches

    def count(text, digest):
        iterations = int(digest.split("$")[1]) if digest.startswith("pbkdf2") else 1
        seen[kind_of(digest)] += iterations
        return original(text, digest)

    monkeypatch.setattr(hashing, "matches", count)
    return seen


@pytest.mark.promise("S20", "G6")
async def test_a_wrong_password_costs_the_same_whatever_format_is_stored(hasher, spent):
    stored = [BCRYPT, *map(to_stored_hash, SPELLINGS.values())]
    stored += [foreign.django_pbkdf2(PASSWORD, iterations=number) for number in (7, 250, 90)]
    hasher.learn(stored)
    costs = []

    for digest in [None, "damaged", await hasher.hash("another"), *stored]:
        spent.clear()
        assert await hasher.verify("letmein", digest) == NO_MATCH
        costs.append(dict(spent))

    assert costs == [costs[0]] * len(costs)
    assert costs[0]["pbkdf2_sha256$"] == 250
    assert set(costs[0]) == {hasher.own_kind, *map(kind_of, stored)}


def test_a_format_names_no_remainder_but_where_cost_is_proportional():
    with_remainder = [it.name for it in FORMATS if type(it).remainder is not HashFormat.remainder]

    assert with_remainder == ["PBKDF2"]
