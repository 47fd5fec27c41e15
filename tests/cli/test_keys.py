import os

import pytest


@pytest.fixture
def listed(run):
    def lines():
        return [line.split() for line in run("keys", "list").output.splitlines()]

    run("migrate")
    return lines


def test_keys_are_listed_with_what_they_do(run, listed):
    run("keys", "rotate")

    signing, replaced = listed()

    assert signing[1:3] == ["ES256", "signs"]
    assert replaced[1:3] == ["ES256", "verifies"]
    assert signing[-1] == "var/signing-key.pem"
    assert replaced[-1] == f"var/signing-key.{replaced[0]}.pem"


def test_a_rotation_says_which_key_does_what(run, listed):
    ((old, *_),) = listed()

    result = run("keys", "rotate")

    new = listed()[0][0]
    assert result.exit_code == 0
    assert result.output == (
        f"{new} signs from now on, in running servers within a minute\n"
        f"{old} verifies until it is retired\n"
    )


def test_a_key_is_retired_when_its_tokens_have_expired(run, listed, directory):
    ((old, *_),) = listed()
    run("keys", "rotate")
    early = run("keys", "retire", old)
    file = directory / "var" / f"signing-key.{old}.pem"
    rotated_at = file.stat().st_mtime - 8 * 3600 - 61
    os.utime(file, (rotated_at, rotated_at))

    late = run("keys", "retire", old)

    assert (early.exit_code, late.exit_code) == (1, 0)
    assert "tokens that it signed can be good until" in early.output
    assert len(listed()) == 1


def test_a_key_can_be_retired_at_once_by_force(run, listed):
    ((old, *_),) = listed()
    run("keys", "rotate")

    result = run("keys", "retire", old, "--force")

    assert result.output == f"{old} is retired, in running servers within a minute\n"
    assert len(listed()) == 1


def test_only_a_replaced_key_can_be_retired(run, listed):
    ((signing, *_),) = listed()

    refusals = [run("keys", "retire", kid) for kid in (signing, "unknown", "-Wx--y", "-Whx")]

    assert [it.exit_code for it in refusals] == [1, 1, 1, 1]
    assert "this key signs; rotate first" in refusals[0].output
    assert "there is no such key" in refusals[1].output
    # base64url may begin with a dash
    assert refusals[3].output == refusals[2].output == refusals[1].output


def test_a_key_that_the_settings_name_is_left_alone(run, listed):
    ((old, *_),) = listed()
    run("keys", "rotate")
    file = f"var/signing-key.{old}.pem"

    result = run("keys", "retire", old, "--force", SIGNING_KEYS=f"var/signing-key.pem,{file}")

    assert result.exit_code == 1
    assert f"{file} is named in SIGNING_KEYS" in result.output


@pytest.mark.parametrize("command", ["rotate", "list"])
def test_a_missing_key_is_explained(run, command):
    result = run("keys", command)

    assert result.exit_code == 1
    assert "var/signing-key.pem: there is no such file" in result.output
