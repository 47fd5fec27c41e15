"""Answering requests for restore mails, apart from the requests themselves.

The answer to the client is the same, and takes the same time, whether the address has an account or
not, because nobody has looked by then.
"""

import asyncio
import contextlib
import logging
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.errors import DatabaseUnavailable
from customer_api.credentials.mails import KeyMails
from customer_api.customers import repository as customers
from customer_api.customers.models import Units
from customer_api.mail.message import PASSWORD_RESTORE
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.passwords import repository
from customer_api.passwords.repository import RestoreRequest
from customer_api.security.rate_limit import MailboxLimits

logger = logging.getLogger(__name__)

IDLE_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 10.0
REQUEST_TTL: Final = timedelta(hours=1)
"""Whoever waits longer has asked again or given up."""


class RestoreRequests:
    """Mails keys to whoever asked for one and has an account; any number of workers may run."""

    def __init__(
        self, *, units: Units, clock: Clock, mailboxes: MailboxLimits, restores: KeyMails
    ) -> None:
        self._units = units
        self._clock = clock
        self._mailboxes = mailboxes
        self._restores = restores

    async def add(self, email: str) -> None:
        """Remember a request."""
        now = self._clock.now()
        await self._units.write(lambda connection: repository.add(connection, email, now=now))

    async def answer(self) -> int:
        """Answer all requests, each in a transaction with its key and mail; return how many."""
        count = 0
        while request := await self._units.read(repository.find_oldest):
            answer = partial(self._answer_one, request=request)
            is_ours, event, reference = await self._units.write(answer)
            if event is not None:
                record(event, reference=reference)
            count += is_ours
        return count

    async def run(self, stop: asyncio.Event) -> None:
        """Answer requests as they come until `stop` is set."""
        while not stop.is_set():
            pause = IDLE_SECONDS
            try:
                await self.answer()
            except DatabaseUnavailable:
                pause = PAUSE_SECONDS
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                logger.error("restore_requests_failed", extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold addresses
                pause = PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    def _answer_one(
        self, connection: Connection, request: RestoreRequest
    ) -> tuple[bool, SecurityEvent | None, str | None]:
        # The customer first, as an erasure does: who locks in another order waits for ever.
        customer = customers.lock_by_email(connection, request.email)
        if not repository.take(connection, request):
            return False, None, None  # answered by another worker, or erased
        if customer is None or request.requested_at <= self._clock.now() - REQUEST_TTL:
            return True, None, None
        if not self._mailboxes.allow(connection, customer.email_key):
            return True, SecurityEvent.MAIL_LIMIT_REACHED, customer.reference
        self._restores.send(connection, customer, PASSWORD_RESTORE)
        return True, SecurityEvent.PASSWORD_RESTORE_REQUESTED, customer.reference
