"""The statements of tests: one cache of compiled ones for all engines of a process, and what is executed.

SQLAlchemy keeps one for each engine, and nearly every test opens an engine of its own: compiling the
same statements again and again took half of the time of the tests.
"""

from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Compiled
from typing_extensions import override

from customer_api.core.db import PostgresUnits
from tests.shop import Shop


class SharedStatements(dict[Any, Compiled]):
    """Takes the dialects of different engines for one, by name: the tests open them all alike."""

    @override
    def get(self, key: Any, default: Any = None) -> Any:
        dialect, *rest = key
        return super().get((dialect.name, *rest), default)

    @override
    def __setitem__(self, key: Any, value: Compiled) -> None:
        dialect, *rest = key
        super().__setitem__((dialect.name, *rest), value)


STATEMENTS: Final = SharedStatements()


def share_statements() -> None:
    """Let every engine that is opened from now on use the one cache."""

    @event.listens_for(Engine, "engine_connect")
    def _share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=STATEMENTS)


def note_statements(shop: Shop) -> list[str]:
    """Return a list that grows by whatever the shop asks its database from now on."""
    units: Any = shop.container.units
    seen: list[str] = []
    engines = (
        [units._writing]  # noqa: SLF001 - events need the engine
        if isinstance(units, PostgresUnits)
        else [units._writer._engine, units._readers._engine]  # noqa: SLF001 - likewise
    )

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    return seen
