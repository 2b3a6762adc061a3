"""The schema: migrations and models say the same on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import Engine

from app.extensions import Base, db
from tests.kit.servers import Postgres


@pytest.fixture
def migrated(scratch: Flask) -> Engine:
    """The database as the migrations make it."""
    with scratch.app_context():
        return db.engine


@pytest.fixture
def modelled(migrated: Engine, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database as the models would make it."""
    if migrated.dialect.name == "sqlite":
        engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/models.db")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        engine = sqlalchemy.create_engine(server.database("models"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def reflected(engine: Engine) -> set[str]:
    """Everything a database knows of its tables, one sentence each."""
    inspector = sqlalchemy.inspect(engine)
    tables = set(inspector.get_table_names()) - {"alembic_version"}
    listed = ("columns", "foreign_keys", "unique_constraints", "check_constraints", "indexes")
    sentences = {
        f"{table} {kind} {_sentence(thing)}"
        for table in tables
        for kind in listed
        for thing in getattr(inspector, f"get_{kind}")(table)
    }
    return sentences | {f"{table} key {_sentence(inspector.get_pk_constraint(table))}" for table in tables}


def _sentence(thing: Mapping[str, Any]) -> str:
    """What the database says of one thing; SQLite gives the condition of an index as an object."""
    words = {name: _sentence(word) if isinstance(word, dict) else str(word) for name, word in thing.items()}
    return str(sorted(words.items()))


def test_the_migrated_schema_is_the_models(migrated: Engine):
    """`flask db migrate` would find nothing to do."""
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_fence_of_the_models_is_migrated(migrated: Engine, modelled: Engine):
    """Also what Alembic does not compare: CHECKs, and the conditions of partial indexes."""
    ours, wanted = reflected(migrated), reflected(modelled)
    assert (sorted(ours - wanted), sorted(wanted - ours)) == ([], [])
