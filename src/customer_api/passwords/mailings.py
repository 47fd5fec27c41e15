"""Mailing links for new passwords to many customers, at a pace that the mail server bears."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import COMMAND_LINE, Action
from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId, random_uuid
from customer_api.credentials import repository as credentials
from customer_api.credentials.mails import KeyMails
from customer_api.credentials.voiding import void_keys_of_password
from customer_api.customers import repository as customers
from customer_api.customers.events import record_password_change
from customer_api.customers.models import Customer, Units
from customer_api.mail.message import PASSWORD_INVITATION, PASSWORD_RESET
from customer_api.passwords import audience as audiences
from customer_api.passwords.audience import Audience, MailingKind, MailingRun
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens

PAGE: Final = 500
"""Customers that are looked up at once; each is then reached in a transaction of their own."""


class Outcome(StrEnum):
    """What became of a customer."""

    MAILED = "mailed"
    WITHOUT_MAIL = "without mail"
    """Unconfirmed, so the password was removed and that is all."""
    LEFT_OUT = "left out"
    """Not concerned: listed by reference only, reached before, or changed meanwhile."""


class PasswordMailings:
    """Mails restore keys to an audience.

    A run can be killed at any moment and continued, by several processes at once, too: each customer
    is reached in a transaction that notes so in the audit, and looks there first.
    """

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        invitations: KeyMails,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take collaborators; `pause` waits for so many seconds."""
        self._units = units
        self._clock = clock
        self._invitations = invitations
        self._pause = pause

    def plan(self) -> MailingRun:
        """Return a run that nobody knows of before `start`; enough for `count`."""
        return MailingRun(random_uuid(), self._clock.now())

    async def start(self, audience: Audience, run: MailingRun) -> MailingRun:
        """Note that a run begins, so that it can be found again; returns it as it begins now.

        Some days may have gone by since the plan, when a question was open so long.
        """
        begun = replace(run, started_at=self._clock.now())
        fields = audience.noted
        action = Action.PASSWORD_MAILING_STARTED

        def work(connection: Connection) -> None:
            audit.add(connection, COMMAND_LINE, action, run.id, now=begun.started_at, fields=fields)

        await self._units.write(work)
        return begun

    async def find(self, audience: Audience, run_id: str) -> MailingRun | None:
        """Return a run to continue; None when none was started under this id with these options.

        Only their names are known of a run, not their values.
        """
        return await self._units.read(lambda it: audiences.find_run(it, audience, run_id))

    async def count(self, audience: Audience, run: MailingRun) -> int:
        """Return how many customers are to be reached yet."""
        if audience.references is None:
            now = self._clock.now()
            return await self._units.read(
                lambda it: audiences.count_due(it, audience, run, now=now)
            )
        return sum([len(page) async for page, _ in self._pages(audience, run)])

    async def run(
        self,
        audience: Audience,
        run: MailingRun,
        *,
        per_minute: float,
        advance: Callable[[], None],
    ) -> Counter[Outcome]:
        """Reach everybody who is due, and queue so many mails a minute at the most.

        Return how many customers had which outcome. `advance` is called after each one.

        Raises:
            DatabaseUnavailable: the database cannot be reached (any more); whom it reached stays so.
        """
        outcomes: Counter[Outcome] = Counter()
        interval = timedelta(minutes=1 / per_minute)
        next_at = self._clock.now()
        async for page, left_out in self._pages(audience, run):
            outcomes[Outcome.LEFT_OUT] += left_out
            for customer_id in page:
                if (wait := next_at - self._clock.now()) > timedelta():
                    await self._pause(wait.total_seconds())
                reach = partial(self._reach, audience=audience, run=run, customer_id=customer_id)
                outcome = await self._units.write(reach)
                if outcome is Outcome.MAILED:
                    next_at = max(next_at, self._clock.now()) + interval
                outcomes[outcome] += 1
                advance()
        return outcomes

    async def _pages(
        self, audience: Audience, run: MailingRun
    ) -> AsyncIterator[tuple[tuple[CustomerId, ...], int]]:
        """Yield customers who are due, and of how many listed ones nothing is wanted."""
        if audience.references is not None:
            references = iter(audience.references())
            while listed := tuple(islice(references, PAGE)):
                among = partial(audiences.list_due_among, references=listed)
                page = await self._look(among, audience, run)
                yield page, len(listed) - len(page)
            return
        last = CustomerId(0)
        while page := await self._look(
            partial(audiences.list_due, after=last, limit=PAGE), audience, run
        ):
            yield page, 0
            last = page[-1]

    async def _look(
        self, query: Callable[..., tuple[CustomerId, ...]], audience: Audience, run: MailingRun
    ) -> tuple[CustomerId, ...]:
        now = self._clock.now()
        return await self._units.read(lambda it: query(it, audience=audience, run=run, now=now))

    def _reach(
        self,
        connection: Connection,
        *,
        audience: Audience,
        run: MailingRun,
        customer_id: CustomerId,
    ) -> Outcome:
        """Do to one customer what the mailing is for."""
        customer = customers.lock(connection, customer_id)
        now = self._clock.now()
        if not audiences.is_due(connection, audience, run, customer_id, now=now):
            return Outcome.LEFT_OUT
        is_reset = audience.kind is MailingKind.RESET
        if is_reset:
            self._remove_password(connection, customer)
        # Nobody else would let in whom the shop created without a password. Of unconfirmed customers
        # with a password, nobody knows whose mailbox it is.
        is_mailed = customer.is_registered or audience.kind is MailingKind.FIRST
        if is_mailed:
            template = PASSWORD_RESET if is_reset else PASSWORD_INVITATION
            self._invitations.send(connection, customer, template)
        audit.add(
            connection,
            replace(COMMAND_LINE, request_id=run.id),
            Action.CUSTOMER_PASSWORD_RESET if is_reset else Action.CUSTOMER_PASSWORD_INVITED,
            customer.reference,
            now=now,
            fields=("password",) if is_reset else (),
        )
        return Outcome.MAILED if is_mailed else Outcome.WITHOUT_MAIL

    def _remove_password(self, connection: Connection, customer: Customer) -> None:
        now = self._clock.now()
        credentials.remove_password(connection, customer.id)
        record_password_change(connection, customer, now=now)
        void_keys_of_password(connection, customer.id, now=now)
        tokens.end_all_sessions(connection, customer.id, EndReason.PASSWORD_CHANGED, now=now)
