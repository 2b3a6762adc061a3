"""The platform inside the test's own process, on a database of its own: for one part at a time, without HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from flask import Flask
from flask_migrate import upgrade

from app.config import Settings
from app.extensions import db
from app.factory import create_app

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
NO_REDIS = "unix:///nowhere/redis.sock"


def environment(database_url: str, redis_url: str = NO_REDIS, **more: str) -> dict[str, str]:
    """A complete environment of the test profile, with fresh keys."""
    keys = {name: token_hex(32) for name in ("SECRET_KEY", "DATA_KEY", "INDEX_KEY")}
    ours = {"PROFILE": "test", "DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOG_LEVEL": "WARNING"}
    return {**ours, **keys, "ANKANG_KEYS": f"1:{token_hex(32)}", **more}


def build(env: dict[str, str]) -> Flask:
    """The application of this environment."""
    return create_app(Settings.from_env(env))


def migrated(env: dict[str, str]) -> Flask:
    """The application of this environment, its database migrated."""
    app = build(env)
    with app.app_context():
        upgrade(directory=str(MIGRATIONS))
    return app


def on(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, name: str
) -> Iterator[Flask]:
    """On a migrated database of this name, of the kind that the fixture's parameter says."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp(name)}/{name}.db"
    else:
        address = request.getfixturevalue("postgres").database(name)
    app = migrated(environment(address))
    yield app
    close(app)


def close(app: Flask) -> None:
    """Let go of its database connections."""
    with app.app_context():
        db.engine.dispose()
