"""Which failures of a database mean "not now" rather than "never"."""

from typing import Final

from sqlalchemy.exc import DBAPIError

from customer_api.core.errors import DatabaseUnavailable

# SQLSTATE classes and codes that mean "not now" rather than "never": connection exceptions, too few
# resources, operator intervention (shutdown, statement time-out), deadlock and serialisation.
_PASSING_SQLSTATES: Final = ("08", "53", "57", "40", "55P03", "58")
# SQLite's primary result codes: BUSY, LOCKED, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN.
_PASSING_SQLITE_CODES: Final = frozenset({5, 6, 8, 9, 10, 13, 14})


class ConnectionLost(DatabaseUnavailable):
    """A pooled connection turned out to be dead."""


def translated(error: DBAPIError) -> BaseException:
    """Return what to raise instead: unavailable for passing conditions, else the error itself."""
    if error.connection_invalidated:
        return ConnectionLost()
    sqlstate = getattr(error.orig, "sqlstate", None)
    if isinstance(sqlstate, str) and sqlstate.startswith(_PASSING_SQLSTATES):
        return DatabaseUnavailable()
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int) and (code & 0xFF) in _PASSING_SQLITE_CODES:
        return DatabaseUnavailable()
    return error
