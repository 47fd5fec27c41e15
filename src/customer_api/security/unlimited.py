"""No limits at all, for load tests."""

from sqlalchemy import Connection
from typing_extensions import override

from customer_api.security.counters import Kind
from customer_api.security.login_limits import LoginLimits, Reservation
from customer_api.security.rate_limit import MailboxLimits, RequestLimits


class UnlimitedLogins(LoginLimits):
    """Blocks nobody."""

    @override
    async def check(self, subject: str, client_address: str) -> None:
        return

    @override
    async def reserve(self, subject: str, client_address: str) -> Reservation:
        return Reservation(subject, client_address, starts_block=False)

    @override
    async def give_back(self, reservation: Reservation) -> None:
        return

    @override
    def succeeded(self, connection: Connection, subject: str, client_address: str) -> None:
        return


class UnlimitedRequests(RequestLimits):
    """Lets every request through."""

    @override
    async def count(self, kind: Kind, client_address: str) -> None:
        return


class UnlimitedMailboxes(MailboxLimits):
    """Lets every mail through."""

    @override
    def allow(self, connection: Connection, mailbox: str) -> bool:
        return True

    @override
    def allow_notice(self, connection: Connection, mailbox: str) -> bool:
        return True
