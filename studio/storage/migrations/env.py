"""Run migrations on the connection that ``studio.storage.migrating`` hands over."""

from alembic import context

from studio.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
