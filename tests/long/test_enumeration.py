"""Whether the time of an answer tells if an address has an account; against a real server.

The arms are asked in turn, in a new order each round, so that whatever else the machine does hits all
of them alike. How well an arm can be told from another is the share of pairs in which the one takes
longer: 0.5 is not at all. Chance alone leaves 0.5 +/- 0.06 about once in 300 comparisons of 400
samples, so one that lies outside is measured a second time before it counts.
"""

import random
import time
from statistics import median

import httpx
import pytest
from passlib.hash import argon2, bcrypt

from customer_api.credentials import repository as credentials
from customer_api.customers import repository as customers
from tests.blackbox.server import start_server
from tests.shop import PASSWORD

pytestmark = [pytest.mark.long, pytest.mark.promise("G6", "S20")]

SAMPLES = 400
TOLERANCE = 0.06
OURS = argon2.using(type="ID", memory_cost=19456, rounds=2, parallelism=1)
DIGESTS = {
    "ada": OURS.hash(PASSWORD),
    "eve": OURS.hash(PASSWORD),
    "old": bcrypt.using(rounds=10, ident="2y").hash(PASSWORD),
}
UNCONFIRMED = "eve"


@pytest.fixture
async def accounts(open_shop):
    """A confirmed customer, an unconfirmed one, and one with an imported digest."""
    shop = await open_shop()
    for name, digest in DIGESTS.items():
        email = f"{name}@shop.example"
        assert (await shop.register(email=email)).status_code == 201
        if name != UNCONFIRMED:
            assert (await shop.confirm(await shop.mailed_key())).status_code == 204

        def store(connection, email=email, digest=digest):
            customer = customers.find_by_email(connection, email)
            credentials.set_password_hash(connection, customer.id, digest, now=shop.clock.now())

        await shop.container.units.write(store)


@pytest.fixture
def server(tmp_path, database_url, signing_key, accounts):
    environment = {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_SIGNING_KEYS": str(signing_key),
        "CUSTOMER_API_HASH_MEMORY_KIB": "19456",
        "CUSTOMER_API_HASH_TIME_COST": "2",
        "CUSTOMER_API_LOG_LEVEL": "error",
        # Blocks would end the measurement; that counting asks the database the same for everybody
        # is asserted by the quick tests.
        "CUSTOMER_API_RATE_LIMITS": "off",
    }
    with start_server(tmp_path, environment) as running:
        yield running


def document(resource_type, **attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


def log_in(email):
    return "/access-tokens", document("access-tokens", username=email, password="Wr0ng-Horse!")


def forget(email):
    return "/customer-forgotten-password", document("customer-forgotten-password", email=email)


def measure(server, arms, *, status):
    """Return the seconds of each arm's answers."""
    order, found = random.Random(server.url), {name: [] for name in arms}  # noqa: S311 - an order
    names = list(arms)
    with httpx.Client(base_url=f"{server.url}/v1", timeout=60, trust_env=False) as client:
        for number in range(-10, SAMPLES):
            order.shuffle(names)
            for name in names:
                path, body = arms[name](number)
                started = time.perf_counter()
                response = client.post(path, json=body)
                seconds = time.perf_counter() - started
                assert response.status_code == status
                if number >= 0:  # the first ones warm up
                    found[name].append(seconds)
    return found


def auc(one, other):
    """Return the share of pairs in which the one takes longer, ties by halves."""
    ranked = sorted([(seconds, 1) for seconds in one] + [(seconds, 0) for seconds in other])
    ranks = sum(rank for rank, (_, is_one) in enumerate(ranked, 1) if is_one)
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def compare(server, arms, *, status):
    """Measure, and return the arms that can be told from the first one, with their shares."""
    found = measure(server, arms, status=status)
    first, *others = found
    for name, seconds in found.items():
        share = auc(seconds, found[first])
        print(f"{name}: median {median(seconds) * 1000:.2f} ms, AUC {share:.3f}")  # noqa: T201 - the result
    shares = {name: auc(found[name], found[first]) for name in others}
    return {name: share for name, share in shares.items() if abs(share - 0.5) > TOLERANCE}


def assert_alike(server, arms, *, status):
    suspects = compare(server, arms, status=status)
    if suspects:
        again = compare(server, arms, status=status)
        assert not suspects.keys() & again.keys(), (suspects, again)


def test_the_time_of_a_failed_login_tells_nothing(server):
    arms = {
        "unknown": lambda number: log_in(f"nobody{number}@shop.example"),
        "existing": lambda _number: log_in("ada@shop.example"),
        "unconfirmed": lambda _number: log_in("eve@shop.example"),
        "imported": lambda _number: log_in("old@shop.example"),
    }

    assert_alike(server, arms, status=401)


def test_the_time_of_a_forgotten_password_tells_nothing(server):
    arms = {
        "unknown": lambda _number: forget("nobody@shop.example"),
        "existing": lambda _number: forget("ada@shop.example"),
        "unconfirmed": lambda _number: forget("eve@shop.example"),
    }

    assert_alike(server, arms, status=204)
