"""Delivers what is in the outbox.

A server that takes no mail at all pauses the worker and costs the mails none of their tries; a mail
that fails alone is tried again after a growing while and parked in the end. See
docs/decisions/0008.
"""

import asyncio
import contextlib
import logging
import random
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork
from customer_api.core.errors import DatabaseUnavailable
from customer_api.mail.errors import (
    DeliveryFailed,
    DeliveryInterrupted,
    DeliveryRefused,
    ServerUnavailable,
)
from customer_api.mail.message import UNSUBSCRIBE_URL, MessageRefused, compose
from customer_api.mail.outbox import ClaimedMail, Outbox
from customer_api.mail.render import Renderer
from customer_api.mail.transport import Transport

logger = logging.getLogger(__name__)

MAIL_SENT: Final = "mail_sent"
MAIL_FAILED: Final = "mail_failed"
MAIL_PARKED: Final = "mail_parked"
MAIL_BROKEN: Final = "mail_broken"
MAIL_CLAIM_LOST: Final = "mail_claim_lost"
MAILS_EXPIRED: Final = "mails_expired"
MAILS_DELAYED: Final = "mails_delayed"
MAIL_WORKER_PAUSED: Final = "mail_worker_paused"
MAIL_WORKER_FAILED: Final = "mail_worker_failed"

LEASE: Final = timedelta(minutes=2)
LONGEST_DELIVERY: Final = timedelta(seconds=80)  # both time-outs of the transport
BATCH: Final = 5
IDLE_SECONDS: Final = 1.0
PAUSE_MAX: Final = timedelta(seconds=30)
STOP_SECONDS: Final = 5.0

DELAYED_AFTER: Final = timedelta(minutes=15)
LOOK_EVERY: Final = timedelta(minutes=1)

FIRST_DELAY_SECONDS: Final = 30
DELAY_MAX_SECONDS: Final = 3600

_RANDOM: Final = random.SystemRandom()


class MailWorker:
    """Sends waiting mails one after the other; any number of workers may run at once."""

    def __init__(
        self,
        *,
        units: UnitsOfWork[object],
        outbox: Outbox,
        renderer: Renderer,
        transport: Transport,
        clock: Clock,
        max_tries: int,
    ) -> None:
        self._units = units
        self._outbox = outbox
        self._renderer = renderer
        self._transport = transport
        self._clock = clock
        self._max_tries = max_tries
        self._took_at: datetime | None = None
        """When the server last took a mail."""
        self._looked_at: datetime | None = None

    async def run_once(self) -> int:
        """Try to send a few due mails; return how many were tried.

        Raises:
            ServerUnavailable: the mail server takes nothing; what was not sent stays due.
            DatabaseUnavailable: what was sent but not marked is sent again, with the same id.
        """
        return await self._deliver_batch(asyncio.Event())

    async def run(self, stop: asyncio.Event) -> None:
        """Send mails until `stop` is set; then finish the mail in hand and return the others.

        A mail that is not handed over within `STOP_SECONDS` from then on is returned, too.
        """
        delivering = asyncio.create_task(self._run(stop))
        try:
            await stop.wait()
            await asyncio.wait({delivering}, timeout=STOP_SECONDS)
        finally:
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)

    async def _run(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                handled = await self._deliver_batch(stop)
            except (DatabaseUnavailable, ServerUnavailable) as error:
                failures += 1
                code = getattr(error, "code", type(error).__name__)
                logger.warning(MAIL_WORKER_PAUSED, extra={"code": code})
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                failures += 1
                logger.error(MAIL_WORKER_FAILED, extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold addresses
            else:
                failures = 0
                if handled:
                    continue
            pause = pause_seconds(failures) if failures else IDLE_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def _deliver_batch(self, stop: asyncio.Event) -> int:
        claimed, expired, delayed = await self._units.write(self._claim)
        if delayed is not None:  # looked at and committed; else the next batch looks again
            self._looked_at = self._clock.now()
        if expired:
            logger.warning(MAILS_EXPIRED, extra={"count": expired})
        if delayed:
            logger.error(MAILS_DELAYED, extra={"count": delayed})
        for position, mail in enumerate(claimed):
            if stop.is_set() or self._clock.now() + LONGEST_DELIVERY > mail.claimed_until:
                await self._release(claimed[position:])
                return position
            try:
                await self._deliver(mail)
            except (ServerUnavailable, asyncio.CancelledError):
                await self._release(claimed[position:])
                raise
        if claimed or expired:
            await self._units.scrub()  # of the addresses that were wiped
        return len(claimed)

    def _claim(self, connection: Connection) -> tuple[tuple[ClaimedMail, ...], int, int | None]:
        expired = self._outbox.expire(connection)
        claimed = self._outbox.claim(connection, limit=BATCH, lease=LEASE)
        return claimed, expired, self._count_delayed(connection)

    def _count_delayed(self, connection: Connection) -> int | None:
        """Return now and then how many mails wait too long; None in between."""
        now = self._clock.now()
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return None
        return self._outbox.count_untried(connection, older_than=DELAYED_AFTER)

    async def _release(self, mails: tuple[ClaimedMail, ...]) -> None:
        def work(connection: Connection) -> None:
            for mail in mails:
                self._outbox.release(connection, mail)

        await self._units.write(work)

    async def _deliver(self, claimed: ClaimedMail) -> None:
        try:
            await self._send(claimed)
        except ServerUnavailable:
            raise
        except (MessageRefused, DeliveryRefused) as refusal:
            await self._park(claimed, refusal.code)
        except DeliveryInterrupted as failure:
            if not self._has_taken_others_since(claimed):
                await self._postpone(claimed, failure.code)
                raise ServerUnavailable(failure.code) from failure
            await self._fail(claimed, failure.code)
        except DeliveryFailed as failure:
            await self._fail(claimed, failure.code)
        except Exception as error:  # noqa: BLE001 - such as a broken template; the other mails go on
            code = type(error).__name__
            _log(logging.ERROR, MAIL_BROKEN, claimed, code)
            await self._fail(claimed, code)
        else:
            self._took_at = self._clock.now()
            is_ours = await self._units.write(lambda it: self._outbox.mark_sent(it, claimed))
            _log(logging.INFO, MAIL_SENT if is_ours else MAIL_CLAIM_LOST, claimed)

    async def _send(self, claimed: ClaimedMail) -> None:
        mail = claimed.mail
        message = compose(
            self._renderer.render(mail),
            sender=self._outbox.sender,
            recipient=mail.recipient,
            reference=mail.reference,
            message_id=claimed.message_id,
            date=claimed.created_at,
            unsubscribe_url=mail.variables.get(UNSUBSCRIBE_URL),
        )
        await self._transport.send(message, recipient=message["To"].addresses[0].addr_spec)

    async def _fail(self, claimed: ClaimedMail, code: str) -> None:
        if claimed.tries + 1 >= self._max_tries:
            await self._park(claimed, code)
            return
        delay = delay_seconds(claimed.tries, share=_RANDOM.random())
        next_try_at = self._clock.now() + timedelta(seconds=delay)
        is_ours = await self._units.write(
            lambda it: self._outbox.mark_failed(it, claimed, error=code, next_try_at=next_try_at)
        )
        _log(logging.WARNING, MAIL_FAILED if is_ours else MAIL_CLAIM_LOST, claimed, code)

    def _has_taken_others_since(self, claimed: ClaimedMail) -> bool:
        """Whether the server took another mail after it broke off with this one: then not it is ill."""
        broke_off_before = claimed.due_at > claimed.created_at
        broke_off_at = claimed.due_at - PAUSE_MAX
        return broke_off_before and self._took_at is not None and self._took_at >= broke_off_at

    async def _postpone(self, claimed: ClaimedMail, code: str) -> None:
        """Let others go first, so that one mail cannot keep all from a server that takes them."""
        next_try_at = self._clock.now() + PAUSE_MAX
        await self._units.write(
            lambda it: self._outbox.postpone(it, claimed, error=code, next_try_at=next_try_at)
        )

    async def _park(self, claimed: ClaimedMail, code: str) -> None:
        is_ours = await self._units.write(
            lambda it: self._outbox.mark_parked(it, claimed, error=code)
        )
        _log(logging.WARNING, MAIL_PARKED if is_ours else MAIL_CLAIM_LOST, claimed, code)


def delay_seconds(tries: int, *, share: float) -> float:
    """Return how long a mail waits after one more failure: 30 s, then twice as long, up to 1 h.

    Args:
        tries: earlier failures.
        share: random, from 0 (half of the time) to 1 (all of it), so that mails that failed
            together come back apart.
    """
    longest = min(FIRST_DELAY_SECONDS << min(tries, 10), DELAY_MAX_SECONDS)
    return longest * (1 + share) / 2


def pause_seconds(failures: int) -> float:
    """Return how long the worker rests after failures in a row: 1 s, twice as long, up to 30 s."""
    return min(float(1 << min(failures - 1, 10)), PAUSE_MAX.total_seconds())


def _log(level: int, event: str, claimed: ClaimedMail, code: str | None = None) -> None:
    data = {
        "mail_id": claimed.id,
        "template": claimed.mail.template,
        "reference": claimed.mail.reference,
        "code": code,
    }
    logger.log(level, event, extra=data)
