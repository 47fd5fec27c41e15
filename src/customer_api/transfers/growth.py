"""Statements over tables that grow while they run."""

from sqlalchemy import Connection, text

_FRESH_PLANS = text("SET LOCAL plan_cache_mode = force_custom_plan")


def expect_growth(connection: Connection) -> None:
    """Let PostgreSQL plan each statement of this transaction for the table as it has become.

    Plans that it keeps from the first batches read the whole table; at 20,000 rows they took a
    hundred times as long.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_FRESH_PLANS)
