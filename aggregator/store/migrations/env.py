"""Runs the migrations on the connection, and in the transaction, that the store hands over."""

from alembic import context

from aggregator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite too: the store begins its transactions itself
)
with context.begin_transaction():
    context.run_migrations()
