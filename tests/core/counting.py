"""A number in the database that units of work read and change."""

from sqlalchemy import bindparam, insert, select, update

from customer_api.customers.references import ReferenceSequenceRow

_SET_UP = insert(ReferenceSequenceRow).values(prefix="T", value=0)
_READ = select(ReferenceSequenceRow.value).where(ReferenceSequenceRow.prefix == "T")
_SET = update(ReferenceSequenceRow).where(ReferenceSequenceRow.prefix == "T")


def set_up(connection):
    """Insert the number 0."""
    connection.execute(_SET_UP)


def read(connection):
    """Return the number; None before it is set up."""
    return connection.execute(_READ).scalar()


def increment(connection):
    """Read, compute and write; loses updates unless the database keeps others away."""
    value = connection.execute(_READ.with_for_update()).scalar_one()
    connection.execute(_SET.values(value=bindparam("new")), {"new": value + 1})
