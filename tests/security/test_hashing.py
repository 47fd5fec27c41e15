import asyncio
import base64
import hashlib
import os
import sys
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from argon2 import low_level
from argon2.exceptions import VerificationError
from passlib.hash import argon2, bcrypt

from customer_api.security import hashing
from customer_api.security.hashing import (
    HashingBusy,
    PasswordHasher,
    Verification,
)
from customer_api.security.password_hashes import decoy, is_supported_hash, kind_of

COST = {"memory_kib": 64, "time_cost": 1}
NO_MATCH = Verification(matches=False, replacement=None)
MATCH = Verification(matches=True, replacement=None)

BCRYPT_OF_CHANGE123 = "$2y$04$abcdefghijklmnopqrstuuihJ4Y.0..nuISCyE.9oWdbu/lSS9sZS"
SALT = "$c29tZXNhbHRzb21lc2FsdA"
CHECKSUM = "$" + base64.b64encode(bytes(32)).decode().rstrip("=")
HEAD = "$argon2id$v=19$m=65536,t=4,p=1"


@pytest.fixture
def hasher():
    made = PasswordHasher(**COST, threads=1)
    yield made
    made.close()


def legacy(password, ident="2b"):
    return bcrypt.using(rounds=4, ident=ident).hash(password)


def ours(password):
    return argon2.using(memory_cost=64, rounds=1, parallelism=1).hash(password)


def test_the_abandoned_distribution_of_the_hash_library_is_absent():
    with pytest.raises(PackageNotFoundError):
        distribution("passlib")


async def test_a_new_digest_is_argon2id_of_the_configured_cost(hasher):
    digest = await hasher.hash("correct horse")

    assert digest.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    assert is_supported_hash(digest)


async def test_equal_passwords_have_different_digests(hasher):
    assert await hasher.hash("correct horse") != await hasher.hash("correct horse")


async def test_the_right_password_matches_and_its_digest_stays(hasher):
    digest = await hasher.hash(" correct horse ")

    assert await hasher.verify(" correct horse ", digest) == MATCH


@pytest.mark.parametrize("password", ["correct horse", "Correct horse ", "", "correct horse \0"])
async def test_another_password_does_not_match(hasher, password):
    digest = await hasher.hash("correct horse ")

    assert await hasher.verify(password, digest) == NO_MATCH


@pytest.mark.parametrize(
    ("stored", "typed"), [("Ame\u0301lie", "Am\u00e9lie"), ("Am\u00e9lie", "Ame\u0301lie")]
)
async def test_the_composition_of_accents_does_not_matter(hasher, stored, typed):
    digest = await hasher.hash(stored)

    assert await hasher.verify(typed, digest) == MATCH


@pytest.mark.parametrize("make", [legacy, ours])
async def test_digests_made_elsewhere_of_another_normal_form_match_and_are_replaced(hasher, make):
    verification = await hasher.verify("Ame\u0301lie", make("Ame\u0301lie"))

    assert verification.matches
    assert verification.replacement is not None
    assert await hasher.verify("Am\u00e9lie", verification.replacement) == MATCH


@pytest.mark.parametrize("ident", ["2a", "2b", "2y"])
async def test_a_bcrypt_digest_matches_and_is_replaced(hasher, ident):
    verification = await hasher.verify("change123", legacy("change123", ident))

    assert verification.matches
    assert verification.replacement is not None
    assert await hasher.verify("change123", verification.replacement) == MATCH
    assert await hasher.verify("change124", verification.replacement) == NO_MATCH


async def test_a_wrong_password_does_not_match_a_bcrypt_digest(hasher):
    assert await hasher.verify("change124", legacy("change123")) == NO_MATCH


@pytest.mark.parametrize(
    "other",
    [
        {"type": "ID", "memory_cost": 128, "rounds": 1, "parallelism": 1},
        {"type": "ID", "memory_cost": 64, "rounds": 2, "parallelism": 1},
        {"type": "ID", "memory_cost": 64, "rounds": 1, "parallelism": 2},
        {"type": "I", "memory_cost": 64, "rounds": 1, "parallelism": 1},
    ],
)
async def test_argon2_of_other_parameters_is_replaced(hasher, other):
    verification = await hasher.verify("correct horse", argon2.using(**other).hash("correct horse"))

    assert verification.matches
    assert verification.replacement is not None
    assert verification.replacement.startswith("$argon2id$v=19$m=64,t=1,p=1$")


async def test_long_passwords_are_not_cut_at_72_bytes(hasher):
    digest = await hasher.hash("x" * 72 + "A")

    assert await hasher.verify("x" * 72 + "B", digest) == NO_MATCH
    assert await hasher.verify("x" * 72, digest) == NO_MATCH


@pytest.mark.parametrize("password", ["x" * 73, "x" + "é" * 36])
async def test_a_bcrypt_digest_of_a_long_password_is_one_of_its_sha_512(hasher, password):
    hashed = base64.b64encode(hashlib.sha512(password.encode()).digest())
    digest = legacy(hashed[:72])

    verification = await hasher.verify(password, digest)

    assert verification.matches
    assert verification.replacement is not None
    assert await hasher.verify(password, verification.replacement) == MATCH


async def test_a_bcrypt_digest_of_72_bytes_does_not_match_longer_passwords(hasher):
    digest = legacy("x" * 72)

    assert (await hasher.verify("x" * 72, digest)).matches
    assert await hasher.verify("x" * 73, digest) == NO_MATCH


@pytest.mark.parametrize("password", ["\ud800", "p\0w", "x" * 4097])
@pytest.mark.parametrize("digest", [None, BCRYPT_OF_CHANGE123, HEAD + SALT + CHECKSUM])
async def test_text_that_cannot_be_a_password_matches_nothing(hasher, password, digest):
    assert await hasher.verify(password, digest) == NO_MATCH


@pytest.mark.parametrize("password", ["\ud800", "p\0w", "x" * 4097])
async def test_text_that_cannot_be_a_password_is_not_hashed(hasher, password):
    with pytest.raises(ValueError, match="cannot be a password"):
        await hasher.hash(password)


async def test_a_password_that_normalisation_makes_too_long_is_hashed_as_it_is(hasher):
    password = "\ufdfa" * 1024  # eighteen characters each in NFKC

    digest = await hasher.hash(password)

    assert await hasher.verify(password, digest) == MATCH
    assert await hasher.verify(password[1:], digest) == NO_MATCH


@pytest.mark.parametrize("digest", [None, "", "garbage", "$2y$04$short", "\ud800", HEAD + SALT])
async def test_a_missing_or_damaged_digest_costs_a_verification_all_the_same(
    hasher, monkeypatch, digest
):
    verified = []

    def verify_secret(known, secret, kind):
        verified.append(known)
        return original(known, secret, kind)

    original = low_level.verify_secret
    monkeypatch.setattr(low_level, "verify_secret", verify_secret)

    assert await hasher.verify("correct horse", digest) == NO_MATCH
    assert [known.startswith(b"$argon2id$v=19$m=64,t=1,p=1$") for known in verified] == [True]


async def test_a_digest_that_memory_does_not_suffice_for_matches_nothing(hasher, monkeypatch):
    def verify_secret(known, secret, kind):
        raise VerificationError("Memory allocation error")

    digest = await hasher.hash("correct horse")
    monkeypatch.setattr(low_level, "verify_secret", verify_secret)

    assert await hasher.verify("correct horse", digest) == NO_MATCH


@pytest.fixture
def make_slow_hasher(monkeypatch):
    """Make a hasher that thinks a hash takes a tenth of a second."""
    made = []

    def make(threads):
        with monkeypatch.context() as patch:
            patch.setattr(hashing, "_timed", lambda work: (work(), 0.1))
            made.append(PasswordHasher(**COST, threads=threads))
        return made[-1]

    yield make
    for hasher in made:
        hasher.close()


async def test_a_flood_is_turned_away_at_once_and_over_soon(make_slow_hasher):
    hasher = make_slow_hasher(threads=1)

    outcomes = await asyncio.gather(*map(hasher.hash, ["x"] * 50), return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, HashingBusy)]
    # Two seconds of waiting are twenty in the queue.
    assert [type(outcome) for outcome in outcomes] == [str] * 21 + [HashingBusy] * 29
    assert {error.retry_after_seconds for error in refused} == {3}
    assert (await hasher.hash("x")).startswith("$argon2id$")


async def test_more_threads_shorten_the_wait(make_slow_hasher):
    hasher = make_slow_hasher(threads=2)

    outcomes = await asyncio.gather(*map(hasher.hash, ["x"] * 50), return_exceptions=True)

    assert sum(isinstance(outcome, str) for outcome in outcomes) == 41


async def test_the_cost_is_measured_before_the_first_password(hasher):
    outcomes = await asyncio.gather(*map(hasher.hash, ["x"] * 50), return_exceptions=True)

    assert all(isinstance(outcome, str) for outcome in outcomes)


async def test_the_wait_is_estimated_from_recent_hashes(make_slow_hasher, monkeypatch):
    hasher = make_slow_hasher(threads=1)

    def timed(work):
        return work(), 8.1

    monkeypatch.setattr(hashing, "_timed", timed)
    await hasher.hash("x")  # now a hash is thought to take 0.1 + (8.1 - 0.1) / 8 seconds

    outcomes = await asyncio.gather(*map(hasher.hash, ["x"] * 4), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [str, str, HashingBusy, HashingBusy]


async def test_a_refused_text_does_not_stay_in_the_count(hasher):
    texts = ["\0"] * 15
    await asyncio.gather(*map(hasher.hash, texts), return_exceptions=True)

    outcomes = await asyncio.gather(*map(hasher.hash, ["x"] * 15), return_exceptions=True)

    assert all(isinstance(outcome, str) for outcome in outcomes)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
async def test_hashing_threads_give_way_to_others(hasher, monkeypatch):
    niceness = []
    before = os.getpriority(os.PRIO_PROCESS, 0)

    def timed(work):
        niceness.append(os.getpriority(os.PRIO_PROCESS, 0))
        return work(), 0.001

    monkeypatch.setattr(hashing, "_timed", timed)
    await hasher.hash("x")

    assert niceness == [max(before, 10)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before


async def test_hashing_goes_on_where_priorities_may_not_be_set(hasher, monkeypatch):
    def setpriority(which, who, priority):
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", setpriority)

    assert (await hasher.hash("x")).startswith("$argon2id$")


@pytest.mark.parametrize(
    "text",
    [
        BCRYPT_OF_CHANGE123,
        BCRYPT_OF_CHANGE123.replace("$2y$", "$2a$"),
        BCRYPT_OF_CHANGE123.replace("$2y$", "$2b$"),
        BCRYPT_OF_CHANGE123.replace("$04$", "$16$"),
        HEAD + SALT + CHECKSUM,
        "$argon2i$v=16$m=1048576,t=20,p=16" + SALT + CHECKSUM,
        "$argon2id$m=8,t=1,p=1" + SALT + CHECKSUM,
    ],
)
def test_whole_hashes_of_bearable_cost_are_supported(text):
    assert is_supported_hash(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "change123",
        BCRYPT_OF_CHANGE123[:-1],
        BCRYPT_OF_CHANGE123 + "\n",
        BCRYPT_OF_CHANGE123[:-1] + "D",  # bits that no hash can have
        BCRYPT_OF_CHANGE123.replace("$2y$", "$2x$"),
        BCRYPT_OF_CHANGE123.replace("$04$", "$03$"),
        BCRYPT_OF_CHANGE123.replace("$04$", "$17$"),
        HEAD + SALT,
        HEAD + SALT + CHECKSUM + "\n",
        HEAD + SALT + CHECKSUM[:-1] + "B",  # bits that no encoding leaves
        HEAD + SALT[:-1] + "B" + CHECKSUM,
        HEAD + SALT + CHECKSUM[:-2],  # one character more than whole groups
        "$argon2x$v=19$m=65536,t=4,p=1" + SALT + CHECKSUM,
        "$argon2id$v=18$m=65536,t=4,p=1" + SALT + CHECKSUM,
        "$argon2id$v=19$m=1048577,t=4,p=1" + SALT + CHECKSUM,
        "$argon2id$v=19$m=65536,t=21,p=1" + SALT + CHECKSUM,
        "$argon2id$v=19$m=65536,t=4,p=17" + SALT + CHECKSUM,
        "$argon2id$v=19$m=15,t=4,p=2" + SALT + CHECKSUM,
        "$argon2id$v=19$m=065536,t=4,p=1" + SALT + CHECKSUM,
        "$argon2id$v=19$m=\N{ARABIC-INDIC DIGIT NINE},t=4,p=1" + SALT + CHECKSUM,
        "$2y$\N{ARABIC-INDIC DIGIT ONE}2" + BCRYPT_OF_CHANGE123[6:],
    ],
)
def test_other_texts_are_not_supported(text):
    assert not is_supported_hash(text)


FOREIGN = [
    legacy("another"),
    argon2.using(memory_cost=128, rounds=1, parallelism=1).hash("another"),
    argon2.using(type="I", memory_cost=64, rounds=1, parallelism=1).hash("another"),
]


@pytest.fixture
def computed(monkeypatch):
    """Note the kind of every hash that is computed."""
    seen = []
    original = hashing.matches

    def matches(text, digest):
        seen.append(kind_of(digest))
        return original(text, digest)

    monkeypatch.setattr(hashing, "matches", matches)
    return seen


@pytest.mark.promise("S20", "G6")
@pytest.mark.parametrize("password", ["change123", "Ame\u0301lie", "x" * 73])
async def test_a_wrong_password_costs_the_same_whatever_is_stored(hasher, computed, password):
    hasher.learn(FOREIGN)
    costs = []

    for digest in [None, "garbage", ours("another"), *FOREIGN, legacy("another", "2y")]:
        computed.clear()
        assert await hasher.verify(password, digest) == NO_MATCH
        costs.append(sorted(computed))

    texts = 2 if password.startswith("Ame") else 1
    kinds = [hasher.own_kind, *(kind_of(digest) for digest in FOREIGN)]
    assert costs == [sorted(kinds * texts)] * 7


async def test_a_kind_is_learned_when_it_is_first_met(hasher, computed):
    await hasher.verify("change124", legacy("change123"))
    computed.clear()

    await hasher.verify("change124", None)

    assert sorted(computed) == sorted([hasher.own_kind, "$2b$04$"])


async def test_a_right_password_costs_its_own_hash_alone(hasher, computed):
    hasher.learn(FOREIGN)

    assert (await hasher.verify("change123", ours("change123"))).matches

    assert computed == [hasher.own_kind]


@pytest.mark.parametrize(
    "digest", [*FOREIGN, ours("another")], ids=["bcrypt", "argon2id", "argon2i", "ours"]
)
def test_a_decoy_is_a_supported_hash_of_the_same_kind(digest):
    made = decoy(digest)

    assert is_supported_hash(made)
    assert kind_of(made) == kind_of(digest)


async def test_too_many_at_once_are_a_security_event(make_slow_hasher, caplog):
    hasher = make_slow_hasher(threads=1)

    await asyncio.gather(*map(hasher.hash, ["x"] * 22), return_exceptions=True)

    (event,) = caplog.records
    assert (event.message, event.category, event.pending) == ("hashing_busy", "security", 21)
