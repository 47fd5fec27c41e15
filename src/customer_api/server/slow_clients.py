"""One log line for many slow clients: an attack with thousands must not fill the disk."""

from asyncio import AbstractEventLoop
from typing import Final

from customer_api.observability.security_events import SecurityEvent, record

SUMMED_SECONDS: Final = 1.0


class SlowClients:
    """Counts the connections that a process ended, and reports them a second after the first."""

    def __init__(self) -> None:
        self._count = 0

    def ended(self, loop: AbstractEventLoop) -> None:
        """Count a connection that was ended because its client was too slow."""
        self._count += 1
        if self._count == 1:
            loop.call_later(SUMMED_SECONDS, self._report)

    def _report(self) -> None:
        record(SecurityEvent.SLOW_CLIENT_CLOSED, connections=self._count)
        self._count = 0
