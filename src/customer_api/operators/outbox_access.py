"""The outbox in the hands of callers of the back office: what they see, and what is noted of it."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.keyset import CursorPage, Part
from customer_api.mail import search as mails
from customer_api.mail.errors import MailNotFound, MailNotRetriable
from customer_api.mail.search import MailSearch, OutboxMail
from customer_api.operators.models import BackOfficeUnits, Caller, CallerClaims

_FIELDS: Final = {"reference": "customerReference", "state": "state", "template": "template"}
"""What audit events call the conditions of a search."""


class OutboxAccess:
    """Shows how far mails are, and lets parked ones be tried again.

    Whom a mail was for is told by reference, so each look is an audit event, under the reference where
    there is one. It is committed before anything is shown.
    """

    def __init__(self, *, units: BackOfficeUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def find(
        self, claims: CallerClaims, search: MailSearch, page: CursorPage
    ) -> Part[OutboxMail]:
        """Return a page of the list of wanted mails, the one that was queued last first.

        Raises:
            CursorUnknown: there is no such mail (any more) as the page should be beside.
        """

        def work(connection: Connection, caller: Caller) -> tuple[Part[OutboxMail], Actor]:
            return mails.find_page(connection, search, page), caller.actor

        found, actor = await self._units.read_as(claims, work)
        fields = [name for column, name in _FIELDS.items() if getattr(search, column) is not None]
        # What was typed may be anything, such as an address; what mails have is a reference.
        subject = search.reference if search.reference and found.entries else ""
        note = partial(self._note, actor=actor, action=Action.MAILS_LISTED, subject=subject)
        await self._units.write(lambda it: note(it, fields=fields))
        return found

    async def read(self, claims: CallerClaims, uuid: str) -> OutboxMail:
        """Return a mail.

        Raises:
            MailNotFound: there is none with this id (any more).
        """

        def work(connection: Connection, caller: Caller) -> tuple[OutboxMail, Actor]:
            return _existing(connection, uuid), caller.actor

        mail, actor = await self._units.read_as(claims, work)
        await self._units.write(
            lambda it: self._note(
                it, actor=actor, action=Action.MAIL_READ, subject=mail.reference or ""
            )
        )
        return mail

    async def retry(
        self, claims: CallerClaims, uuid: str, *, keep: Keep[None] = keep_nothing
    ) -> None:
        """Let a parked mail be due at once, as if it had never been tried.

        Raises:
            MailNotFound: there is none with this id (any more).
            MailNotRetriable: it is not parked, or its address and text were wiped.
        """

        def work(connection: Connection, caller: Caller) -> None:
            mail = _existing(connection, uuid)
            if not mails.retry(connection, mail, now=self._clock.now()):
                raise MailNotRetriable
            action, subject = Action.MAIL_RETRIED, mail.reference or ""
            self._note(connection, actor=caller.actor, action=action, subject=subject)

        await self._units.write_as(claims, work, keep)

    def _note(
        self,
        connection: Connection,
        *,
        actor: Actor,
        action: Action,
        subject: str,
        fields: Sequence[str] = (),
    ) -> None:
        audit.add(connection, actor, action, subject, now=self._clock.now(), fields=fields)


def _existing(connection: Connection, uuid: str) -> OutboxMail:
    mail = mails.find(connection, uuid)
    if mail is None:
        raise MailNotFound
    return mail
