"""How Alembic reaches the database: over the connection that `loyalty.migrate` hands in."""

from alembic import context

from loyalty.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="loyalty_version",
)
with context.begin_transaction():
    context.run_migrations()
