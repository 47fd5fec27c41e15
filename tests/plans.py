"""How databases would find what statements select."""

from sqlalchemy import event, text


def explain(connection, work):
    """Return the plans of what work selects; on PostgreSQL as for a large table."""
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_sort = off"))
        connection.execute(text("SET LOCAL enable_incremental_sort = off"))
    plan = []

    @event.listens_for(connection, "before_cursor_execute", retval=True)
    def before(_connection, _cursor, statement, parameters, _context, _many):
        return ("EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN ") + statement, parameters

    @event.listens_for(connection, "after_cursor_execute")
    def after(_connection, cursor, *_others):
        plan.extend(str(line) for line in cursor.fetchall())

    work(connection)
    event.remove(connection, "before_cursor_execute", before)
    event.remove(connection, "after_cursor_execute", after)
    return "\n".join(plan)
