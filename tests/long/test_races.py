"""Races for an address against two server processes."""

import asyncio
import time
from collections import Counter
from email import message_from_bytes
from random import Random

import pytest

from tests.long.racing import PARALLEL, Racers, outcomes, rounds
from tests.shop import registration

pytestmark = pytest.mark.long

RACE_SECONDS = 180.0
ROUNDS = 100
FEWEST_ROUNDS = 20
MAIL_SECONDS = 120.0


@pytest.mark.promise("G5", "S01")
async def test_one_address_is_registered_once_in_any_spelling_and_gets_one_mail(start):
    server, done = start("server", {}, workers=2), 0
    random = Random(1)  # noqa: S311 - spellings, no secret
    async with Racers(server) as racers:
        for number in rounds(RACE_SECONDS, ROUNDS):
            spellings = [in_any_case(f"ada{number}@shop.example", random) for _ in range(PARALLEL)]

            answers = await racers.race(
                "POST", "/customers", [registration(email=spelling) for spelling in spellings]
            )

            done += 1
            assert outcomes(answers) == {(201, None): 1, (422, "400"): PARALLEL - 1}
    print(f"{done} rounds of {PARALLEL}")  # noqa: T201 - the result
    assert done >= FEWEST_ROUNDS
    assert set((await mails_of(server, done)).values()) == {1}


def in_any_case(address, random):
    """Return an address with each letter in upper or lower case."""
    return "".join(random.choice((letter.upper(), letter.lower())) for letter in address)


async def mails_of(server, expected):
    """Return how many mails each address got, when the expected number and no more was delivered."""
    deadline = time.monotonic() + MAIL_SECONDS
    while len(list(server.mail_directory.glob("*.eml"))) < expected:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    await asyncio.sleep(2)  # for one too many
    recipients = Counter(
        message_from_bytes(path.read_bytes())["To"].lower()
        for path in server.mail_directory.glob("*.eml")
    )
    assert len(recipients) == expected
    return recipients
