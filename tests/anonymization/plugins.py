"""Anonymizers and exporters of other distributions, as tests install them."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint

from sqlalchemy import text

from customer_api.core.errors import AppError
from customer_api.plugin import ANONYMIZERS, EXPORTERS, ErasureContext, ExportContext


class Loyalty:
    """Notes whom it was asked to forget, and what it found."""

    name = "loyalty"
    seen: list[tuple[str, str, str]] = []  # noqa: RUF012 - emptied by the test that reads it

    def erase(self, context: ErasureContext) -> int:
        statement = text("SELECT email_key FROM customers WHERE id = :id")
        found = context.connection.scalar(statement, {"id": context.customer_id})
        self.seen.append((context.reference, context.email_key, str(found)))
        return 3


class Wishlists:
    """Has nothing to forget."""

    name = "a-wishlists"

    def erase(self, _context: ErasureContext) -> int:
        return 0


class Broken:
    """Changes something and then fails, for as long as it is broken."""

    name = "broken"
    is_broken = True
    error: Exception = RuntimeError("ada@shop.example cannot be forgotten")

    def erase(self, context: ErasureContext) -> int:
        statement = text("UPDATE customers SET first_name = 'half' WHERE id = :id")
        changed = context.connection.execute(statement, {"id": context.customer_id}).rowcount
        if self.is_broken:
            raise self.error
        return changed


class Stubborn:
    """Fails for one customer, whom it was told to keep."""

    name = "stubborn"
    keeps = 0

    def erase(self, context: ErasureContext) -> int:
        if context.customer_id == self.keeps:
            raise RuntimeError("not this one")
        return 0


class Refusing(Broken):
    """Fails with a refusal of the program's own."""

    name = "refusing"
    error = AppError()


class Slow:
    """Hangs in a statement."""

    name = "slow"

    def erase(self, context: ErasureContext) -> int:
        return context.connection.execute(text("SELECT pg_sleep(60)")).rowcount


@dataclass
class NeedsArguments:
    """Cannot be made by the registry."""

    server: str


class Nameless:
    """Lacks a name."""

    erase = Wishlists.erase


class Idle:
    """Lacks what it is for."""

    name = "idle"


class FalseCustomer(Wishlists):
    """Takes the name of a built-in anonymizer."""

    name = "customer"


class LoyaltyExporter:
    """Shows what it was asked for."""

    name = "loyalty"

    def export(self, context: ExportContext) -> list[dict[str, object]]:
        statement = text("SELECT email_key FROM customers WHERE id = :id")
        found = context.connection.scalar(statement, {"id": context.customer_id})
        assert found == context.email_key
        return [{"card": context.reference, "email": found}]


def entry_point(kind: type) -> EntryPoint:
    """Return the entry point that a distribution declares for a class of this module."""
    return EntryPoint(kind.__name__, f"{__name__}:{kind.__name__}", ANONYMIZERS)


def exporter_point(kind: type) -> EntryPoint:
    """Return the entry point that a distribution declares for an exporter of this module."""
    return EntryPoint(kind.__name__, f"{__name__}:{kind.__name__}", EXPORTERS)
