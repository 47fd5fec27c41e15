import asyncio

import pytest
from passlib.hash import argon2, bcrypt, django_pbkdf2_sha256, ldap_salted_sha1, phpass, scrypt
from sqlalchemy.exc import ProgrammingError

from customer_api.core.errors import DatabaseUnavailable
from customer_api.credentials import hash_kinds
from customer_api.credentials import repository as credentials
from customer_api.credentials.hash_samples import list_foreign_hashes
from customer_api.customers import repository as customers
from customer_api.security.password_hashes import kind_of

FOREIGN = {
    "bob@shop.example": bcrypt.using(rounds=4).hash("change123"),
    "eve@shop.example": bcrypt.using(rounds=5, ident="2y").hash("change123"),
    "joe@shop.example": argon2.using(memory_cost=1024, rounds=1, parallelism=1).hash("change123"),
    "tim@shop.example": argon2.using(memory_cost=64, rounds=1, parallelism=1).hash("change123"),
    "kim@shop.example": django_pbkdf2_sha256.using(rounds=10).hash("change123"),
    "ben@shop.example": django_pbkdf2_sha256.using(rounds=200).hash("change123"),
    "lea@shop.example": phpass.using(rounds=8).hash("change123"),
    "max@shop.example": scrypt.using(rounds=4).hash("change123"),
    "zoe@shop.example": ldap_salted_sha1.hash("change123"),
}


async def store(shop, email, digest):
    """Give a customer a password as an import does."""

    def work(connection):
        customer = customers.find_by_email(connection, email)
        credentials.set_password_hash(connection, customer.id, digest, now=shop.clock.now())

    await shop.container.units.write(work)


@pytest.fixture
async def kinds(shop):
    for email, digest in {"ada@shop.example": None, **FOREIGN}.items():
        await shop.register(email=email)
        if digest is not None:
            await store(shop, email, digest)
    return shop.container.hash_kinds


async def test_every_foreign_kind_is_found_once(shop, kinds):
    own = shop.container.hasher.own_kind

    found = await shop.container.units.read(lambda it: list_foreign_hashes(it, own))

    assert sorted(found) == sorted(FOREIGN.values())


async def test_of_many_digests_of_a_kind_one_is_read(shop, kinds):
    makers = [
        argon2.using(memory_cost=64, rounds=1, parallelism=1),
        django_pbkdf2_sha256.using(rounds=10),
        phpass.using(rounds=8),
        scrypt.using(rounds=4),
        ldap_salted_sha1,
    ]
    for number, make in enumerate(makers * 2):
        email = f"another.{number}@shop.example"
        await shop.register(email=email)
        await store(shop, email, make.hash("change123"))
    own = shop.container.hasher.own_kind

    found = await shop.container.units.read(lambda it: list_foreign_hashes(it, own))

    assert len(found) == len(FOREIGN)
    assert {kind_of(it) for it in found} == {kind_of(it) for it in FOREIGN.values()}


async def test_what_is_stored_is_learned_before_anybody_is_verified(shop, kinds, monkeypatch):
    learned = []
    monkeypatch.setattr(shop.container.hasher, "learn", learned.extend)

    await kinds.learn()

    assert sorted(learned) == sorted(FOREIGN.values())


@pytest.mark.parametrize("failure", [DatabaseUnavailable(), ProgrammingError("select", None, None)])
async def test_the_loop_outlives_a_database_that_is_lost_or_empty(shop, monkeypatch, failure):
    monkeypatch.setattr(hash_kinds, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(hash_kinds, "INTERVAL_SECONDS", 0.0)
    stop, outcomes = asyncio.Event(), [failure, None]

    async def learn():
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        stop.set()

    monkeypatch.setattr(shop.container.hash_kinds, "learn", learn)

    await shop.container.hash_kinds.run(stop)

    assert outcomes == []
