import json
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc.jwk import ECKey, RSAKey

from customer_api.security.signing_keys import (
    SigningKeyInvalid,
    generate_signing_key,
    load_signing_keys,
)

NOT_ENCRYPTED = serialization.NoEncryption()
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def private_pem(key, encryption=NOT_ENCRYPTED):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def names(directory):
    return [file.name for file in directory.iterdir()]


def written(path, content, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "key.pem"


def test_a_key_is_generated_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "one" / "key.pem"

    generate_signing_key(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert names(path.parent) == ["key.pem"]
    assert load_signing_keys([path])[0].algorithm == "ES256"


def test_an_existing_key_is_kept(path):
    generate_signing_key(path)
    before = path.read_bytes()

    generate_signing_key(path)

    assert path.read_bytes() == before


def test_keys_generated_at_once_are_one_key(path):
    barrier = Barrier(8)

    def start(_):
        barrier.wait()
        generate_signing_key(path)
        return load_signing_keys([path])[0].kid

    with ThreadPoolExecutor(8) as executor:
        kids = set(executor.map(start, range(8)))

    assert len(kids) == 1
    assert names(path.parent) == ["key.pem"]


def test_the_loser_of_a_race_keeps_the_key_of_the_winner(path, monkeypatch):
    generate_signing_key(path)
    before = path.read_bytes()
    monkeypatch.setattr(type(path), "exists", lambda _: False)

    generate_signing_key(path)

    assert path.read_bytes() == before
    assert names(path.parent) == ["key.pem"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    written(tmp_path / "file", b"")

    with pytest.raises(
        SigningKeyInvalid, match=r"file/key\.pem: cannot be written \(File exists\)"
    ):
        generate_signing_key(tmp_path / "file" / "key.pem")


@pytest.mark.parametrize(("key", "second_opinion"), [(EC_KEY, ECKey), (RSA_KEY, RSAKey)])
def test_the_key_id_is_the_thumbprint(path, key, second_opinion):
    [loaded] = load_signing_keys([written(path, private_pem(key))])

    assert loaded.kid == second_opinion.import_key(private_pem(key)).thumbprint()


@pytest.mark.parametrize(
    ("key", "algorithm", "members"),
    [(EC_KEY, "ES256", {"kty", "crv", "x", "y"}), (RSA_KEY, "RS256", {"kty", "n", "e"})],
)
def test_the_public_form_has_public_members_only(path, key, algorithm, members):
    [loaded] = load_signing_keys([written(path, private_pem(key))])

    assert loaded.algorithm == algorithm
    assert loaded.public_jwk.keys() == members | {"kid", "alg", "use"}
    assert loaded.public_jwk["alg"] == algorithm
    assert loaded.public_jwk["use"] == "sig"
    assert loaded.public_jwk["kid"] == loaded.kid
    assert json.dumps(loaded.public_jwk)


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY])
def test_nothing_private_is_shown(path, key):
    [loaded] = load_signing_keys([written(path, private_pem(key))])

    shown = repr(loaded)

    assert loaded.kid in shown
    assert "secret" not in shown
    assert "signer" not in shown


def test_derived_secrets_depend_on_the_key_and_their_purpose_alone(tmp_path):
    first, again, other = load_signing_keys(
        [
            written(tmp_path / "first", private_pem(EC_KEY)),
            written(tmp_path / "again", private_pem(EC_KEY)),
            written(tmp_path / "other", private_pem(RSA_KEY)),
        ]
    )

    assert first.refresh_secret == again.refresh_secret
    assert first.refresh_secret != other.refresh_secret
    assert len(first.refresh_secret) == len(other.refresh_secret) == 32
    assert first.idempotency_secret == again.idempotency_secret
    assert len({first.idempotency_secret, first.refresh_secret, other.idempotency_secret}) == 3
    assert len(first.idempotency_secret) == 32


def test_derived_secrets_are_what_they_were_for_those_who_hold_tokens(path):
    key = ec.derive_private_key(4711, ec.SECP256R1())

    (loaded,) = load_signing_keys([written(path, private_pem(key))])

    assert loaded.refresh_secret.hex() == (
        "58df0b9bb93c7606ef5d69b635d6a86db390a747f9b26f29447ce54fe109e689"
    )
    assert loaded.idempotency_secret.hex() == (
        "dc14e6b6b8cd1a1975492e61d7274af24d20b8052796705a29e0044a0f181841"
    )
    assert loaded.counter_secret.hex() == (
        "16cf50a992e06879227e46fc5501682b9417e426935db14f85dc62096bcfbc64"
    )


def test_keys_keep_the_order_of_their_paths(tmp_path):
    paths = [
        written(tmp_path / "b", private_pem(RSA_KEY)),
        written(tmp_path / "a", private_pem(EC_KEY)),
    ]

    assert [key.algorithm for key in load_signing_keys(paths)] == ["RS256", "ES256"]


WEAK_RSA = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - on purpose
ENCRYPTED = serialization.BestAvailableEncryption(b"passphrase")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no private key in PEM form"),
        (b"secret", "no private key in PEM form"),
        (
            EC_KEY.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, NOT_ENCRYPTED
            ),
            "no private key in PEM form",
        ),
        (public_pem(EC_KEY), "the public half only"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "the public half only"),
        (private_pem(EC_KEY, ENCRYPTED), "encrypted"),
        (private_pem(WEAK_RSA), "RSA keys need 2048 bits, this has 1024"),
        (private_pem(ec.generate_private_key(ec.SECP384R1())), "must be P-256, not secp384r1"),
        (private_pem(ed25519.Ed25519PrivateKey.generate()), "neither an EC nor an RSA key"),
    ],
)
def test_unusable_files_are_refused_with_their_path_and_a_reason(path, content, reason):
    written(path, content)

    with pytest.raises(SigningKeyInvalid, match=rf"key\.pem: .*{reason}"):
        load_signing_keys([path])


def test_a_missing_file_is_refused(path):
    with pytest.raises(SigningKeyInvalid, match=r"key\.pem: there is no such file"):
        load_signing_keys([path])


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(SigningKeyInvalid, match=r"cannot be read \(Is a directory\)"):
        load_signing_keys([tmp_path])


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o601, 0o644])
def test_a_file_open_to_others_is_refused(path, mode):
    written(path, private_pem(EC_KEY), mode)

    with pytest.raises(SigningKeyInvalid, match=rf"mode {mode:04o}\); run chmod 600"):
        load_signing_keys([path])


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_file_for_its_owner_is_accepted(path, mode):
    written(path, private_pem(EC_KEY), mode)

    assert len(load_signing_keys([path])) == 1
