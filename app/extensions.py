"""The engines the platform stands on, made once per application: SQL, migrations, two Redis clients."""

from __future__ import annotations

from typing import Any, cast

import redis
from flask import Flask, current_app
from flask.sessions import SessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from app import redis_clients
from app.config import Settings
from app.sms import SmsSender, sms_from
from app.vault import Vault

LIMITS_MS = {
    "lock_timeout": 2_000,
    "idle_in_transaction_session_timeout": 5_000,
    "statement_timeout": 60_000,
}
# A plan that was made while the tables were empty would read them through for a minute of an opening (ADR 15).
NEVER_PLANNED = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


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


class _NoSessions(SessionInterface):
    """Who is there is told by a token: no cookie is looked for, none is set."""

    def open_session(self, *_: Any) -> None:
        """None."""


class _Limiter(Limiter):
    """Routes that carry a limit are looked at by their own decorator; the look before every request finds nothing."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


db = SQLAlchemy(model_class=Base)
migrate = Migrate(render_as_batch=True)
api = Api()
# Only logins and SMS codes are limited by address; each such route carries its own limit.
limiter = _Limiter(get_remote_address, in_memory_fallback_enabled=True, swallow_errors=True)


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
        # Beside the queue, which is always one server: the limits library looks for a cluster while it is made.
        RATELIMIT_STORAGE_URI=_limits_uri(settings.queue_redis_url),
        RATELIMIT_STORAGE_OPTIONS=redis_clients.HASTY,
        RATELIMIT_HEADERS_ENABLED=True,
    )
    app.session_interface = _NoSessions()
    db.init_app(app)
    migrate.init_app(app, db)
    api.init_app(app)
    limiter.init_app(app)
    app.extensions["settings"] = settings
    app.extensions["vault"] = Vault(settings.data_key, settings.index_key)
    app.extensions["sms"] = sms_from(settings.sms_sink)
    app.extensions["gate"] = redis_clients.Gate(settings.redis_url)


def gate() -> redis_clients.Gate:
    """The Redis that gates claims and locks vouchers: one server, or a cluster and its masters."""
    return cast("redis_clients.Gate", current_app.extensions["gate"])


def gate_redis() -> redis.Redis:
    """Its client. Raises redis.ConnectionError when it is a cluster and cannot be found."""
    return gate().client()


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
    # Plans that are told to avoid what they have to use look dear, and compiling them takes longer than they do.
    options = {**LIMITS_MS, **dict.fromkeys(NEVER_PLANNED, "off"), "jit": "off"}
    flags = " ".join(f"-c {name}={value}" for name, value in options.items())
    return {**pool, "connect_args": {"options": flags, "connect_timeout": 3}}


def _limits_uri(url: str) -> str:
    """The limits library spells unix sockets `redis+unix://`."""
    return url.replace("unix://", "redis+unix://") if url.startswith("unix://") else url
