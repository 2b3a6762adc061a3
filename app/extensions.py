"""The engines the platform stands on, made once per application: SQL, migrations, two Redis clients."""

from __future__ import annotations

from typing import Any, cast

import redis
from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from app.config import Settings
from app.sms import SmsSender, sms_from
from app.vault import Vault


class Base(DeclarativeBase):
    """Base of every table; the naming convention makes constraints addressable in migrations and tests."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True)
api = Api()
# Only logins and SMS codes are limited by address; each such route carries its own limit.
limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True, swallow_errors=True)

# redis-py resends up to ten times on a timeout; a claim sent twice would take two units (ADR 0002).
NEVER_REPEAT: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)}
# And no long waits: seconds.
_HASTY: dict[str, Any] = {
    **NEVER_REPEAT,
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.3,
}


def redis_client(url: str) -> redis.Redis:
    """A client that never repeats a command by itself and never waits long."""
    return redis.Redis.from_url(url, decode_responses=True, **_HASTY)


def init_app(app: Flask, settings: Settings) -> None:
    """Bind every extension to this application."""
    app.config.from_mapping(
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=64 * 1024,
        API_TITLE="Ankang vouchers 安康码消费券",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        RATELIMIT_STORAGE_URI=_limits_uri(settings.redis_url),
        RATELIMIT_STORAGE_OPTIONS=_HASTY,
        RATELIMIT_HEADERS_ENABLED=True,
    )
    db.init_app(app)
    migrate.init_app(app, db)
    api.init_app(app)
    limiter.init_app(app)
    app.extensions["settings"] = settings
    app.extensions["vault"] = Vault(settings.data_key, settings.index_key)
    app.extensions["sms"] = sms_from(settings.sms_sink)
    app.extensions["gate_redis"] = redis_client(settings.redis_url)


def gate_redis() -> redis.Redis:
    """The Redis that gates claims and locks vouchers."""
    return cast("redis.Redis", current_app.extensions["gate_redis"])


def settings() -> Settings:
    """The settings of the running application."""
    return cast("Settings", current_app.extensions["settings"])


def vault() -> Vault:
    """Seals and finds personal data."""
    return cast("Vault", current_app.extensions["vault"])


def sms() -> SmsSender:
    """Sends one-time codes."""
    return cast("SmsSender", current_app.extensions["sms"])


def _engine_options(settings: Settings) -> dict[str, object]:
    # A statement's values may be about a person: they must not reach a log through an error's text.
    pool = {"pool_size": 20, "max_overflow": 0, "pool_timeout": 5, "hide_parameters": True}
    if settings.is_sqlite:
        return {**pool, "connect_args": {"timeout": 0.05}}
    limits = "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=5000 -c statement_timeout=60000"
    return {**pool, "connect_args": {"options": limits, "connect_timeout": 3}}


def _limits_uri(url: str) -> str:
    """The limits library spells unix sockets `redis+unix://`."""
    return url.replace("unix://", "redis+unix://") if url.startswith("unix://") else url
