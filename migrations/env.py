"""Alembic's environment: the application's own engine and metadata, on SQLite and PostgreSQL."""

from alembic import context
from flask import current_app

from app.models import Citizen

database = current_app.extensions["migrate"].db
metadata = Citizen.metadata


def run() -> None:
    """Run the migrations in one transaction on the application's engine."""
    with database.engine.execution_options(ankang_write=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
