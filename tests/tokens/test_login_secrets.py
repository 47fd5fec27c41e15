"""What a password may be, what old digests are good for, and what nobody learns from an answer."""

import asyncio
import unicodedata

import pytest
from passlib.hash import bcrypt

from customer_api.credentials import repository as credentials
from customer_api.credentials.models import CredentialRow
from customer_api.customers import repository as customers
from customer_api.security.counters import CounterRow
from customer_api.security.hashing import PasswordHasher
from customer_api.security.password_hashes import kind_of
from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error, registration
from tests.statements import note_statements
from tests.tables import rows

promise = pytest.mark.promise
FREE = {"password_pattern": "", "password_sequence_limit": 0}
FAILED = (401, "003", "Failed to authenticate user.")
ADA, NOBODY, EVE, OLD = (f"{name}@shop.example" for name in ("ada", "nobody", "eve", "old"))


@pytest.fixture
async def free_shop(open_shop):
    """A shop without rules for the characters of passwords."""
    return await open_shop(**FREE)


async def store(shop, email, digest):
    """Give a customer a password as an import does."""

    def work(connection):
        customer = customers.find_by_email(connection, email)
        credentials.set_password_hash(connection, customer.id, digest, now=shop.clock.now())

    await shop.container.units.write(work)


async def with_password(shop, password):
    """Register and confirm a customer with this password."""
    created = await shop.register(password=password, confirmPassword=password)
    assert created.status_code == 201, created.text
    assert (await shop.confirm(await shop.mailed_key())).status_code == 204


def shown(response):
    """Return all of an answer but its request id, its headers in their order."""
    headers = [it for it in response.headers.raw if it[0].lower() != b"x-request-id"]
    names = [name for name, _ in response.headers.raw]
    return response.status_code, response.content, headers, names


async def everybody(shop):
    """Make an account, an unconfirmed one, an erased one and one with an imported digest."""
    await shop.account(ADA)
    await shop.account(OLD)
    await store(shop, OLD, bcrypt.using(rounds=4).hash(PASSWORD))
    erased = await shop.account("erased@shop.example")
    await shop.call("DELETE", f"/customers/{erased.reference}", by=erased)
    await shop.register(email=EVE)
    await shop.container.hash_kinds.learn()


LOGINS = [
    (NOBODY, PASSWORD),
    (ADA, "wrong"),
    (OLD, "wrong"),
    (EVE, "wrong"),
    (EVE, PASSWORD),
    ("erased@shop.example", PASSWORD),
]


@promise("S13", "S19", "G6")
async def test_answers_to_failed_logins_are_the_same_to_the_byte(shop):
    await everybody(shop)

    answers = [await shop.log_in(email, password) for email, password in LOGINS]

    assert only_error(answers[0]) == FAILED
    assert all(shown(it) == shown(answers[0]) for it in answers)


@promise("S19", "G6")
async def test_answers_to_forgotten_passwords_are_the_same_to_the_byte(shop):
    await everybody(shop)

    answers = [
        await shop.call("POST", "/customer-forgotten-password", {"email": email})
        for email in (NOBODY, ADA, OLD, EVE, "erased@shop.example")
    ]

    assert answers[0].status_code == 204
    assert all(shown(it) == shown(answers[0]) for it in answers)


@promise("S19", "G6")
async def test_answers_to_bad_keys_are_the_same_to_the_byte(shop):
    await everybody(shop)
    used = await shop.mailed_key()
    await shop.confirm(used)

    confirmations = [await shop.confirm(key) for key in ("never issued", used)]
    restores = [await shop.restore(key) for key in ("never issued", used)]

    assert shown(confirmations[0]) == shown(confirmations[1])
    assert shown(restores[0]) == shown(restores[1])
    assert [it.status_code for it in (*confirmations, *restores)] == [422] * 4


@promise("S19")
async def test_hidden_conflicts_show_nothing_in_the_answer(open_shop):
    shop = await open_shop(registration_conflict="hidden")
    await everybody(shop)

    answers = [
        await shop.call("POST", "/customers", registration(email=email))
        for email in ("new1@shop.example", ADA, OLD, EVE)
    ]

    def same(response):
        attributes = dict(response.json()["data"]["attributes"])
        del attributes["email"]
        names = [name for name, _ in response.headers.raw]
        return response.status_code, attributes, names, len(response.json()["data"]["id"])

    assert all(same(it) == same(answers[0]) for it in answers)


@promise("S20", "G6")
async def test_every_failed_login_asks_the_database_the_same(shop):
    await everybody(shop)
    seen = note_statements(shop)
    asked = []

    for email in (NOBODY, ADA, OLD, EVE):
        seen.clear()
        await shop.log_in(email, "wrong")
        asked.append(tuple(seen))

    assert len(asked[0]) > 3
    assert set(asked) == {asked[0]}


@promise("S20", "G6")
async def test_a_forgotten_password_is_one_insert_for_everybody(open_shop):
    shop = await open_shop(client_restore_request_limit=0)
    await everybody(shop)
    seen = note_statements(shop)

    for email in (NOBODY, ADA, OLD, EVE):
        seen.clear()
        await shop.call("POST", "/customer-forgotten-password", {"email": email})
        work = [it for it in seen if not it.startswith("BEGIN")]
        assert [it.partition(" (")[0] for it in work] == ["INSERT INTO restore_requests"]


@promise("S13")
async def test_a_login_leaves_nothing_of_an_account_that_is_erased_meanwhile(shop, monkeypatch):
    ada = await shop.account()
    verify = PasswordHasher.verify

    async def verify_slowly(*arguments):
        await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)
        return await verify(*arguments)

    monkeypatch.setattr(PasswordHasher, "verify", verify_slowly)

    assert only_error(await shop.log_in()) == FAILED

    assert ada.email not in {row.subject for row in await rows(shop, CounterRow)}


@promise("S14")
async def test_case_does_not_matter_at_login_and_blanks_do(shop):
    await shop.account("Ada@shop.example")

    spelt = [await shop.log_in(it) for it in (ADA, ADA.upper(), "aDA@Shop.Example")]
    blanks = [await shop.log_in(it) for it in (f" {ADA}", f"{ADA} ", f" {ADA} ")]

    assert {it.status_code for it in spelt} == {201}
    assert {only_error(it)[:2] for it in blanks} == {(422, "901")}


@promise("S15")
async def test_blanks_of_a_password_are_kept(free_shop):
    await with_password(free_shop, " long pass word ")

    wrong = [
        await free_shop.log_in(password=it)
        for it in ("long pass word", " long pass word", "long pass word ", " long  pass word ")
    ]

    assert {only_error(it) for it in wrong} == {FAILED}
    assert (await free_shop.log_in(password=" long pass word ")).status_code == 201


@ONE_DATABASE
@promise("S15")
@pytest.mark.parametrize("escaped", ["p\\u0000assword long", "\\ud800 password long"])
@pytest.mark.parametrize("path", ["/customers", "/access-tokens"])
async def test_passwords_with_a_nul_or_a_surrogate_are_refused(free_shop, escaped, path):
    attributes = registration(username=ADA, password="@", confirmPassword="@")
    body = free_shop.client.build_request(
        "POST", path, json={"data": {"type": path[1:], "attributes": attributes}}
    ).content.replace(b'"@"', f'"{escaped}"'.encode())

    response = await free_shop.client.post(path, content=body)

    assert only_error(response) == (400, None, "Post data is invalid.")


@ONE_DATABASE
@promise("S21")
@pytest.mark.parametrize(
    ("password", "status"),
    [
        ("abcdefghijk", 422),
        ("abcdefghijkl", 201),
        ("ab" * 32, 201),
        ("ab" * 64, 201),
        ("ab" * 64 + "c", 422),
        ("\N{GRINNING FACE}\N{PILE OF POO}" * 6, 201),
        ("\N{GRINNING FACE}" * 11, 422),
        ("correct horse battery staple", 201),
        (" " * 6 + "x" + " " * 6, 201),
        ("ab" * 2048, 422),
    ],
)
async def test_passwords_are_measured_in_code_points_before_they_are_hashed(
    free_shop, monkeypatch, password, status
):
    hashed = []
    original = free_shop.container.hasher.hash

    async def hash_(text):
        hashed.append(text)
        return await original(text)

    monkeypatch.setattr(free_shop.container.hasher, "hash", hash_)

    response = await free_shop.register(password=password, confirmPassword=password)

    assert response.status_code == status
    assert hashed == ([password] if status == 201 else [])
    if status == 422:
        assert {it["code"] for it in response.json()["errors"]} == {"901"}


@ONE_DATABASE
@promise("S21")
async def test_a_password_of_a_megabyte_is_not_even_read(free_shop):
    response = await free_shop.register(password="x" * 1_000_000, confirmPassword="x")

    assert only_error(response) == (413, None, "Content Too Large")


@ONE_DATABASE
@promise("S22")
@pytest.mark.parametrize(
    "password",
    [
        "Password123!",
        "Shopsession1!",
        "Bookshop12345!!",
        "Www.Bookshop.Example-1",
        "Ada.Lovelace1815!",
    ],
)
async def test_common_passwords_and_names_are_refused(open_shop, password):
    shop = await open_shop(
        storefront_url="https://www.bookshop.example", password_deny_list=("shopsession1",)
    )

    response = await shop.register(
        email="ada.lovelace@shop.example", password=password, confirmPassword=password
    )

    assert only_error(response) == (400, "422", "The password is listed as common.")


@promise("S23")
@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("x" * 72 + "A", "x" * 72 + "B"),
        ("x" * 71 + "éA", "x" * 71 + "éB"),
        ("x" * 71 + "é", "x" * 71 + "è"),
        ("é" * 36 + "A", "é" * 36 + "B"),
    ],
)
async def test_passwords_are_not_cut_at_72_bytes(free_shop, password, other):
    await with_password(free_shop, password)

    assert only_error(await free_shop.log_in(password=other)) == FAILED
    assert (await free_shop.log_in(password=password)).status_code == 201


@promise("S24")
async def test_the_composition_of_a_password_does_not_matter(free_shop):
    composed = unicodedata.normalize("NFC", "Amélie und Zoë")
    await with_password(free_shop, composed)

    response = await free_shop.log_in(password=unicodedata.normalize("NFD", composed))

    assert response.status_code == 201


@promise("S24")
async def test_an_imported_digest_is_replaced_at_the_first_of_parallel_logins(open_shop):
    shop = await open_shop(**FREE, hash_threads=2)
    await with_password(shop, OTHER_PASSWORD)
    await store(shop, ADA, bcrypt.using(rounds=12, ident="2y").hash("change123"))

    answers = await asyncio.gather(*(shop.log_in(password="change123") for _ in range(2)))

    (row,) = await rows(shop, CredentialRow)
    assert [it.status_code for it in answers] == [201, 201]
    assert kind_of(row.password_hash) == shop.container.hasher.own_kind
    assert row.password_hash.startswith("$argon2id$")
    assert (await shop.log_in(password="change123")).status_code == 201
