"""Transports that fail, stop the worker or never answer."""

import asyncio

from customer_api.mail.transport import MemoryTransport


class ScriptedTransport(MemoryTransport):
    """Raises the given errors, one a mail, before it takes any; None = take this one."""

    def __init__(self, *errors):
        super().__init__()
        self.errors = list(errors)

    async def send(self, message, *, recipient):
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        await super().send(message, recipient=recipient)


class StoppingTransport(MemoryTransport):
    """Sets an event with every mail."""

    def __init__(self):
        super().__init__()
        self.stop = asyncio.Event()

    async def send(self, message, *, recipient):
        await super().send(message, recipient=recipient)
        self.stop.set()


class SilentTransport(MemoryTransport):
    """Never returns; `is_asked` is set when it has a mail."""

    def __init__(self):
        super().__init__()
        self.is_asked = asyncio.Event()

    async def send(self, message, *, recipient):  # noqa: ARG002 - it does nothing
        self.is_asked.set()
        await asyncio.Event().wait()
