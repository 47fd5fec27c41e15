import logging
from pathlib import Path

import pytest

from customer_api.security import key_ring
from customer_api.security.jwt import AccessTokens, TokenInvalid
from customer_api.security.key_ring import KeyRing, rotate
from customer_api.security.signing_keys import SigningKeyInvalid, generate_signing_key


@pytest.fixture
def path(tmp_path):
    generate_signing_key(tmp_path / "signing-key.pem")
    return tmp_path / "signing-key.pem"


@pytest.fixture
def make_tokens(path, clock):
    def make():
        ring = KeyRing([path], clock=clock)
        return AccessTokens(ring, clock=clock, audience="shop", ttl_seconds=3600)

    return make


def issue(tokens):
    return tokens.issue(subject="DE--21", session="5d5b", scopes=["customer"])


def test_a_rotation_makes_a_new_key_and_keeps_the_old_one(path, clock):
    old = KeyRing([path], clock=clock).signing

    new_kid, old_kid = rotate(path)

    ring = KeyRing([path], clock=clock)
    assert (ring.signing.kid, old_kid) == (new_kid, old.kid)
    assert [key.kid for key in ring.keys] == [new_kid, old_kid]
    replaced = path.with_name(f"signing-key.{old_kid}.pem")
    assert {file.name for file in path.parent.iterdir()} == {path.name, replaced.name}
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_a_rotation_that_was_interrupted_is_finished_by_the_next(path, monkeypatch):
    (old,) = KeyRing([path], clock=_Still()).keys
    monkeypatch.setattr(Path, "replace", _fail)
    with pytest.raises(SigningKeyInvalid, match="cannot be replaced"):
        rotate(path)
    monkeypatch.undo()
    between = KeyRing([path], clock=_Still())

    _, old_kid = rotate(path)

    assert (between.signing.kid, len(between.keys)) == (old.kid, 1)
    assert old_kid == old.kid


def test_nobody_is_logged_out_by_a_rotation(path, make_tokens):
    here, elsewhere = make_tokens(), make_tokens()
    before = issue(here)
    rotate(path)
    rotated = make_tokens()

    after = issue(rotated)

    for tokens in (here, elsewhere, rotated):
        assert tokens.verify(before).subject == tokens.verify(after).subject == "DE--21"
    assert here.jwks() == rotated.jwks()


def test_a_running_process_signs_with_the_new_key_after_a_minute(path, make_tokens, clock, caplog):
    caplog.set_level(logging.INFO)
    tokens = make_tokens()
    new_kid, _ = rotate(path)
    first = tokens.jwks()["keys"][0]["kid"]
    clock.advance(seconds=60)

    issue(tokens)

    assert first != new_kid
    assert tokens.jwks()["keys"][0]["kid"] == new_kid
    (event,) = (it for it in caplog.records if it.message == "signing_key_rotated")
    assert event.kid == new_kid


def test_tokens_of_a_retired_key_are_refused_within_a_minute(path, make_tokens, clock, caplog):
    caplog.set_level(logging.INFO)
    tokens = make_tokens()
    before = issue(tokens)
    _, old_kid = rotate(path)
    clock.advance(seconds=60)
    assert tokens.verify(before)
    path.with_name(f"signing-key.{old_kid}.pem").unlink()
    clock.advance(seconds=60)

    with pytest.raises(TokenInvalid):
        tokens.verify(before)

    (event,) = (it for it in caplog.records if it.message == "signing_key_retired")
    assert event.kid == old_kid


@pytest.mark.promise("S36")
def test_tokens_of_a_retired_key_are_refused_however_the_process_learns_of_it(path, make_tokens):
    tokens = make_tokens()
    before = issue(tokens)
    assert tokens.verify(before)
    _, old_kid = rotate(path)
    path.with_name(f"signing-key.{old_kid}.pem").unlink()
    assert tokens.verify(issue(make_tokens()))  # an unknown kid is a reason to look, too

    with pytest.raises(TokenInvalid):
        tokens.verify(before)


@pytest.mark.promise("S37")
def test_an_unknown_kid_opens_no_file(path, clock, monkeypatch):
    ring = KeyRing([path], clock=clock)
    monkeypatch.setattr(key_ring, "load_signing_keys", pytest.fail)

    assert [ring.find(kid) for kid in ("x", "../../dev/null", str(path))] == [None] * 3


def test_keys_in_memory_survive_files_that_cannot_be_used(path, clock, caplog):
    ring = KeyRing([path], clock=clock)
    kid = ring.signing.kid
    path.write_text("rubbish")

    assert not ring.look()

    assert ring.signing.kid == kid
    assert "signing_keys_unusable" in {it.message for it in caplog.records}


@pytest.mark.promise("S37")
def test_files_that_cannot_be_used_are_read_once_a_minute_whatever_tokens_ask_for(
    path, clock, caplog
):
    ring = KeyRing([path], clock=clock)
    path.write_text("rubbish")
    for _ in range(5):
        ring.find("forged")
    first = len(caplog.records)
    clock.advance(minutes=1)

    ring.find("forged")

    assert (first, len(caplog.records)) == (1, 2)


def test_a_file_named_twice_is_one_key(path, clock):
    _, old_kid = rotate(path)
    replaced = path.with_name(f"signing-key.{old_kid}.pem")

    assert len(KeyRing([path, replaced, path], clock=clock).keys) == 2


def test_touching_a_file_changes_no_key(path, clock):
    ring = KeyRing([path], clock=clock)
    path.touch()

    assert not ring.look()


class _Still:
    def now(self):
        return None


def _fail(*_arguments):
    raise OSError(28, "No space left on device")
