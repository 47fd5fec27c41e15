"""Receivers of events that remember, refuse and wait."""

import asyncio
import json
from collections import defaultdict

from customer_api.events.errors import NotTaken


class ScriptedReceivers:
    """Takes everything, but for what `refuse` says; an error is a code, or a function of the event."""

    def __init__(self):
        self.taken = defaultdict(list)
        """Events by address, in the order in which they were taken."""
        self.asked = defaultdict(list)
        """Ids of events by address, refused ones too."""
        self.headers = {}
        self.bodies = {}
        self.refusals = {}
        self.silent = set()
        self.is_closed = False

    def refuse(self, url, code="status_500", *, when=lambda _event: True):
        """Refuse the events that a condition holds for, until `accept` is called."""
        self.refusals[url] = (code, when)

    def accept(self, url):
        """Take everything again."""
        self.refusals.pop(url, None)

    async def send(self, url, body, headers):
        event = json.loads(body)
        self.asked[url].append(event["id"])
        self.headers[event["id"]] = headers
        self.bodies[event["id"]] = body
        if url in self.silent:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        code, when = self.refusals.get(url, (None, None))
        if code is not None and when(event):
            raise NotTaken(code)
        self.taken[url].append(event)

    async def close(self):
        self.is_closed = True

    def subjects(self, url):
        """Return subject and type of what an address has taken, in order."""
        return [(event["subject"], event["type"]) for event in self.taken[url]]
