"""Alembic's entry: runs on the connection it is handed by ``models.migrate``; never opens one of its own."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes.get("metadata"),  # only a comparison needs the tables
    include_schemas=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
