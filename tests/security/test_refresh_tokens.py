"""Exchanges that meet a process which knows a newer key."""

import pytest

from customer_api.security.refresh_tokens import RefreshTokens, SuccessorUnknown


class Units:
    """Units whose first work meets a successor under a key that is not known here."""

    def __init__(self):
        self.works = []

    async def write(self, work):
        self.works.append(work)
        if len(self.works) == 1:
            raise SuccessorUnknown
        return work(None)


class Ring:
    """A ring that finds a newer key, or none."""

    def __init__(self, *, finds):
        self._finds = finds

    def look(self):
        return self._finds


def exchanges(*, finds):
    ring = Ring(finds=finds)
    return RefreshTokens(None, ring=ring, clock=None, ttl_seconds=60, retry_seconds=10)


async def test_an_exchange_is_tried_again_with_the_newer_key():
    units = Units()

    assert await exchanges(finds=True).run(units, lambda _: "successor") == "successor"
    assert len(units.works) == 2


async def test_without_a_newer_key_it_is_refused():
    units = Units()

    with pytest.raises(SuccessorUnknown):
        await exchanges(finds=False).run(units, lambda _: "successor")

    assert len(units.works) == 1
