import hmac
import json
import random

import joserfc.jwt
import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jws
from joserfc.jwk import KeySet

from customer_api.security import jwt
from customer_api.security.jwt import AccessTokens, TokenInvalid
from customer_api.security.key_ring import KeyRing
from customer_api.security.signing_keys import generate_signing_key
from tests.security.forging import encoded, forged_token, part

AUDIENCE = "customer-api"
SUBJECT = '{"customer_reference":"DE--21","id_company_user":null}'
TTL_SECONDS = 3600


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Files with a key of either kind; the first signs."""
    directory = tmp_path_factory.mktemp("keys")
    generate_signing_key(directory / "ec.pem")
    rsa_pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "rsa.pem").write_bytes(rsa_pem)
    (directory / "rsa.pem").chmod(0o600)
    return directory / "ec.pem", directory / "rsa.pem"


@pytest.fixture
def make_tokens(clock):
    """Make an issuer whose keys are in some files."""

    def make(*paths):
        ring = KeyRing(paths, clock=clock)
        return AccessTokens(ring, clock=clock, audience=AUDIENCE, ttl_seconds=TTL_SECONDS)

    return make


@pytest.fixture
def keys(paths, clock):
    return KeyRing(paths, clock=clock).keys


@pytest.fixture
def tokens(make_tokens, paths):
    return make_tokens(*paths)


@pytest.fixture
def token(tokens):
    return tokens.issue(subject=SUBJECT, session="session-1", scopes=["customer"])


@pytest.fixture
def forge(keys, tokens):
    """Sign what the issuer never would: `forge(claims={...}, header={...}, key=keys[1])`."""

    def forged(*, claims=None, header=None, key=keys[0], without=()):
        good = tokens.issue(subject=SUBJECT, session="session-1", scopes=["customer"])
        return forged_token(good, key, claims=claims, header=header, without=without)

    return forged


def refused(tokens, token):
    with pytest.raises(TokenInvalid) as caught:
        tokens.verify(token)
    return caught.value.reason is None


def expired(tokens, token):
    with pytest.raises(TokenInvalid) as caught:
        tokens.verify(token)
    return caught.value.reason == "expired"


def test_an_issued_token_can_be_verified(tokens, token, clock):
    verified = tokens.verify(token)

    now = int(clock.now().timestamp())
    assert verified.subject == SUBJECT
    assert verified.session == "session-1"
    assert verified.scopes == ("customer",)
    assert verified.issued_at == now
    assert verified.expires_at == now + TTL_SECONDS


def test_a_token_has_the_documented_members_only(tokens, token, keys, clock):
    claims = json.loads(part(token, 1))

    now = int(clock.now().timestamp())
    token_id = tokens.verify(token).token_id
    assert json.loads(part(token, 0)) == {"alg": "ES256", "kid": keys[0].kid, "typ": "at+jwt"}
    assert claims == {
        "aud": AUDIENCE,
        "jti": token_id,
        "iat": now,
        "nbf": now,
        "exp": now + TTL_SECONDS,
        "sub": SUBJECT,
        "scopes": ["customer"],
        "sid": "session-1",
    }


def test_two_tokens_have_different_ids(tokens, token):
    other = tokens.issue(subject=SUBJECT, session="session-1", scopes=["customer"])

    assert tokens.verify(token).token_id != tokens.verify(other).token_id


@pytest.mark.parametrize("first", [0, 1])
def test_other_libraries_accept_the_token_with_the_published_keys(make_tokens, paths, keys, first):
    tokens = make_tokens(paths[first], paths[1 - first])
    token = tokens.issue(subject=SUBJECT, session="session-1", scopes=["customer"])

    published = tokens.jwks()

    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    key = pyjwt.PyJWKSet.from_dict(published)[keys[first].kid]
    algorithms = ["ES256", "RS256"]
    by_pyjwt = pyjwt.decode(token, key, algorithms, options=options, audience=AUDIENCE)
    by_joserfc = joserfc.jwt.decode(token, KeySet.import_key_set(published), algorithms=algorithms)
    assert by_pyjwt == by_joserfc.claims
    assert by_pyjwt["sub"] == SUBJECT


@pytest.mark.promise("S34")
def test_the_published_keys_are_those_of_all_keys(tokens, keys):
    assert tokens.jwks() == {"keys": [keys[0].public_jwk, keys[1].public_jwk]}


def test_tokens_of_a_former_key_are_verified(keys, clock, forge, tokens):
    token = forge(key=keys[1])

    assert tokens.verify(token).subject == SUBJECT


@pytest.mark.promise("S36")
def test_tokens_of_a_retired_key_are_refused(make_tokens, paths, token):
    later = make_tokens(paths[1])

    assert refused(later, token)


def test_a_token_is_good_until_the_second_before_it_expires(tokens, token, clock):
    clock.advance(seconds=TTL_SECONDS - 1)

    assert tokens.verify(token).session == "session-1"


@pytest.mark.promise("S33")
def test_a_token_is_expired_in_the_second_it_expires(tokens, token, clock):
    clock.advance(seconds=TTL_SECONDS)

    assert expired(tokens, token)


def test_a_remembered_token_expires_too(tokens, token, clock):
    tokens.verify(token)
    clock.advance(seconds=TTL_SECONDS)

    assert expired(tokens, token)
    assert expired(tokens, token)


def test_a_token_is_checked_once_and_then_remembered(tokens, token, keys, monkeypatch):
    first = tokens.verify(token)
    monkeypatch.setattr(type(keys[0].verifier), "verify", lambda *_: False)

    assert tokens.verify(token) is first


def test_the_oldest_token_is_forgotten_when_too_many_are_remembered(
    tokens, token, keys, monkeypatch
):
    monkeypatch.setattr(jwt, "CACHE_SIZE", 2)
    others = [tokens.issue(subject=SUBJECT, session=name, scopes=[]) for name in ("2", "3")]
    for each in (token, *others):
        tokens.verify(each)
    monkeypatch.setattr(type(keys[0].verifier), "verify", lambda *_: False)

    assert [tokens.verify(each).session for each in reversed(others)] == ["3", "2"]
    assert refused(tokens, token)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c.d", "e30.e30.", "é.e30.e30", "\ud800", "e 30.e30.e30", "x" * 43],
)
def test_text_of_another_shape_is_refused(tokens, token):
    assert refused(tokens, token)


def test_decorated_tokens_are_refused(tokens, token):
    head, body, signature = token.split(".")

    decorated = [
        token + "\n",
        " " + token,
        token + "=",
        token + ".",
        f"{head}=.{body}.{signature}",
        f"{head}.{body}.{signature}==",
        f"{head}.{body}.{signature[:-1]}",
        f"{head}.{body}.{signature}A",
        f"{head}.{body}.{signature}AAAA",
        f"{head}.{body}.{signature[:40]}!{signature[40:]}",
        f"{head}.{body}.",
        f"{body}.{head}.{signature}",
    ]

    assert all(refused(tokens, each) for each in decorated)


def test_other_spellings_of_the_same_bytes_are_refused(tokens, token):
    # 64 bytes of signature leave four unused bits in the last character.
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    start = alphabet.index(token[-1])

    spellings = [token[:-1] + alphabet[start + unused] for unused in range(1, 16)]

    assert all(part(each, 2) == part(token, 2) for each in spellings)
    assert all(refused(tokens, each) for each in spellings)


@pytest.mark.promise("G2")
def test_no_mutant_of_a_token_is_accepted(tokens, token):
    chance = random.Random(7)  # noqa: S311 - repeatable, not secret
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "

    mutants = set()
    while len(mutants) < 20_000:
        place = chance.randrange(len(token))
        mutants.add(token[:place] + chance.choice(alphabet) + token[place + 1 :])
    mutants.discard(token)

    assert all(refused(tokens, mutant) for mutant in mutants)


def test_a_token_beyond_4096_characters_is_refused(tokens, forge):
    short, long = forge(claims={"x": "y" * 2500}), forge(claims={"x": "y" * 3000})

    assert tokens.verify(short).subject == SUBJECT
    assert len(long) > 4096
    assert refused(tokens, long)


@pytest.mark.promise("S35")
@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "es256", "HS256", "RS256", "ES384", "", None, ["ES256"]]
)
def test_the_header_does_not_choose_the_algorithm(tokens, forge, keys, algorithm):
    header = {"alg": algorithm, "kid": keys[0].kid, "typ": "at+jwt"}

    assert refused(tokens, forge(header=header))


@pytest.mark.promise("S36")
def test_a_key_of_one_kind_does_not_verify_for_the_other(tokens, forge, keys):
    for key, other in (keys, keys[::-1]):
        header = {"alg": key.algorithm, "kid": other.kid, "typ": "at+jwt"}
        assert refused(tokens, forge(header=header, key=key))
        assert refused(tokens, forge(header={**header, "alg": other.algorithm}, key=key))


@pytest.mark.promise("S35")
def test_public_keys_are_no_shared_secrets(tokens, token, keys):
    public = keys[0].verifier.prepared_key
    formats = serialization.PublicFormat
    for secret in (
        public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo),
        json.dumps(keys[0].public_jwk).encode(),
    ):
        header = encoded(json.dumps({"alg": "HS256", "kid": keys[0].kid, "typ": "at+jwt"}).encode())
        signed = f"{header}.{token.split('.')[1]}"
        signature = hmac.digest(secret, signed.encode(), "sha256")
        assert refused(tokens, f"{signed}.{encoded(signature)}")


def test_unsigned_tokens_are_refused(tokens, token):
    head = encoded(b'{"alg":"none","typ":"at+jwt"}')

    assert refused(tokens, f"{head}.{token.split('.')[1]}.")
    assert refused(tokens, f"{head}.{token.split('.')[1]}.AA")


@pytest.mark.promise("S36")
def test_a_token_of_another_environment_is_refused(tokens, keys):
    stranger = ec.generate_private_key(ec.SECP256R1())
    headers = {"kid": keys[0].kid, "typ": "at+jwt"}
    token = pyjwt.encode({"sub": SUBJECT, "aud": AUDIENCE}, stranger, "ES256", headers=headers)

    assert refused(tokens, token)


@pytest.mark.parametrize(
    "kid", ["../../dev/null", "' OR 1=1 --", "x" * 2000, "", None, 1, ["a"], {"a": 1}, "\ud800"]
)
def test_unknown_key_ids_are_refused(tokens, forge, kid):
    assert refused(tokens, forge(header={"alg": "ES256", "kid": kid, "typ": "at+jwt"}))


@pytest.mark.parametrize(
    "more",
    [
        {"jku": "http://127.0.0.1:9/keys"},
        {"x5u": "http://127.0.0.1:9/certificate"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"crit": ["exp"]},
        {"zip": "DEF"},
        {"b64": False},
        {"cty": "JWT"},
    ],
)
def test_more_header_members_are_refused(tokens, forge, keys, more):
    header = {"alg": "ES256", "kid": keys[0].kid, "typ": "at+jwt"}

    assert refused(tokens, forge(header={**header, **more}))


@pytest.mark.parametrize("missing", ["alg", "kid", "typ"])
def test_a_missing_header_member_is_refused(tokens, forge, keys, missing):
    header = {"alg": "ES256", "kid": keys[0].kid, "typ": "at+jwt"}
    del header[missing]

    assert refused(tokens, forge(header=header))


@pytest.mark.parametrize(
    "kind", ["JWT", "AT+JWT", "rt+jwt", "application/at+jwt", None, ["at+jwt"]]
)
def test_tokens_of_another_type_are_refused(tokens, forge, keys, kind):
    assert refused(tokens, forge(header={"alg": "ES256", "kid": keys[0].kid, "typ": kind}))


def test_headers_that_are_no_strict_json_object_are_refused(tokens, forge, keys):
    good = f'"alg":"ES256","kid":"{keys[0].kid}","typ":"at+jwt"'
    assert tokens.verify(forge(header=f"{{{good}}}".encode()))

    headers = [
        b"[" * 2000,
        b"[]",
        b"null",
        b'"at+jwt"',
        b"{",
        b"\xff\xfe{}",
        b"9" * 2500,
        f"{{{good}}}x".encode(),
        f'{{{good},"typ":"at+jwt"}}'.encode(),
        f'{{"typ":"JWT",{good}}}'.encode(),
        f"{{{good}}}".encode("utf-16"),
        b"\xef\xbb\xbf" + f"{{{good}}}".encode(),
    ]

    assert all(refused(tokens, forge(header=header)) for header in headers)


@pytest.mark.parametrize("missing", ["aud", "jti", "iat", "nbf", "exp", "sub", "scopes", "sid"])
def test_every_claim_is_required(tokens, forge, missing):
    assert refused(tokens, forge(without=[missing]))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-api"},
        {"aud": [AUDIENCE]},
        {"aud": AUDIENCE + " "},
        {"aud": None},
        {"sub": ""},
        {"sub": {"customer_reference": "DE--21"}},
        {"sub": 21},
        {"sub": "x" * 1025},
        {"sid": ""},
        {"sid": 1},
        {"sid": "a\0b"},
        {"sid": "\ud800"},
        {"sub": "DE--\ud800"},
        {"sid": "x" * 129},
        {"jti": None},
        {"jti": "x" * 129},
        {"scopes": "customer"},
        {"scopes": [1]},
        {"scopes": None},
    ],
)
def test_claims_of_another_kind_are_refused(tokens, forge, claims):
    assert refused(tokens, forge(claims=claims))


@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("kind", [str, float, lambda value: [value], bool])
def test_times_that_are_no_integers_are_refused(tokens, forge, clock, name, kind):
    now = int(clock.now().timestamp())
    good = {"iat": now, "nbf": now, "exp": now + 60}
    assert tokens.verify(forge(claims=good))

    assert refused(tokens, forge(claims={**good, name: kind(good[name])}))


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_tokens_from_the_future_are_refused_beyond_a_small_leeway(tokens, forge, clock, name):
    now = int(clock.now().timestamp())

    assert tokens.verify(forge(claims={name: now + 5}))
    assert refused(tokens, forge(claims={name: now + 6}))


def test_a_lifetime_beyond_a_day_is_refused(tokens, forge, clock):
    now = int(clock.now().timestamp())

    assert tokens.verify(forge(claims={"exp": now + 86_400}))
    assert refused(tokens, forge(claims={"exp": now + 86_401}))
    assert refused(tokens, forge(claims={"exp": 10**30}))
    assert refused(tokens, forge(claims={"iat": now + 4, "exp": now + 3}))
    assert refused(tokens, forge(claims={"iat": now + 4, "exp": now + 4}))


@pytest.mark.parametrize(
    "payload", [b"[]", b"null", b"{", b"\xff", b'{"exp":NaN}', b'{"exp":1,"exp":2}', b"[" * 2000]
)
def test_payloads_that_are_no_strict_json_object_are_refused(tokens, forge, payload):
    assert refused(tokens, forge(claims=payload))


def test_a_constant_that_is_no_json_is_refused_in_an_otherwise_good_payload(tokens, forge):
    claims = json.loads(part(forge(), 1))

    assert tokens.verify(forge(claims=json.dumps(claims).encode()))
    assert refused(tokens, forge(claims=json.dumps({**claims, "x": float("inf")}).encode()))


def test_a_token_with_more_claims_is_accepted(tokens, forge):
    assert tokens.verify(forge(claims={"acr": "1"})).subject == SUBJECT


def test_the_signing_library_is_given_the_key_and_the_algorithm(tokens, token, keys):
    assert jws.verify(token, keys[0].verifier, [keys[0].algorithm]) == part(token, 1)
