"""Settings: parsed once from the environment, typed, frozen, refusing nonsense at the door.

Nothing else in the platform reads the environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

PROFILES = ("demo", "test", "production")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
DATABASE = r"sqlite:////.+|postgresql\+psycopg://.+"
ONE_REDIS = r"(redis|rediss|unix)://.+"
REDIS_CLUSTER = r"rediss?\+cluster://([^@/]+@)?[^@/:,]+:\d+(,[^@/:,]+:\d+)*"
# An app that may show residents' pages inside of its own; a machine of a developer has no TLS.
APP_ORIGIN = r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(:[1-9][0-9]{0,4})?"
LOCAL_ORIGIN = r"http://(127\.0\.0\.1|localhost)(:[1-9][0-9]{0,4})?"
MOST_SHARDS = 64
LONGEST_OVERLAP_HOURS = 720
LONGEST_PROOF_MINUTES = 720
# Keys that stand in documentation or were ever shown: never good enough for real citizens.
KNOWN_KEYS = {bytes(32), bytes(range(32)), b"\xff" * 32}


class BadSettings(ValueError):
    """A setting is missing or makes no sense. The message names the variable and what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set. Keys are 32 bytes; instants and lengths carry their unit in the name."""

    profile: str
    database_url: str
    redis_url: str
    queue_redis_url: str
    secret_key: bytes
    data_key: bytes
    index_key: bytes
    ankang_keys: Mapping[int, bytes]
    sms_sink: str = "console"
    clock_offset_file: str | None = None
    lease_seconds: int = 30
    log_level: str = "INFO"
    metrics_token: str | None = None
    metrics_dir: str | None = None
    courtesy_file: str | None = None
    claims_at_once: int = 256
    requests_at_once: int = 512
    gate_shards: int = 1
    bank_cooling_hours: int = 72
    refund_limit_fen: int = 100_000
    till_requests_a_minute: int = 3000
    key_overlap_hours: int = 24
    offline_intents: int = 20
    offline_fen: int = 50_000
    offline_hours: int = 24
    offline_grace_hours: int = 24
    payout_dir: str | None = None
    notice_dir: str | None = None
    payout_days: int = 2
    payout_query_hours: int = 24
    webhook_networks: str = ""
    hold_scan_hours: int = 0
    totp_required: bool = True
    totp_minutes: int = 10
    embed_origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of("PROFILE", self.profile, PROFILES)
        _one_of("LOG_LEVEL", self.log_level, LOG_LEVELS)
        _like(
            "DATABASE_URL",
            self.database_url,
            DATABASE,
            "sqlite:////path.db or postgresql+psycopg://user@host/name",
        )
        one = "redis://host:port/0 or unix:///path/to/socket"
        some = f"{one}, or a cluster: redis+cluster://host:port,host:port"
        _like("REDIS_URL", self.redis_url, f"{ONE_REDIS}|{REDIS_CLUSTER}", some)
        _like("QUEUE_REDIS_URL", self.queue_redis_url, ONE_REDIS, f"{one}; RQ does not run on a cluster")
        _like("SMS_SINK", self.sms_sink, r"console|file:/.+", "`console` or file:/absolute/path")
        _like(
            "PAYOUT_DIR", self.payout_dir or "/", r"/.*", "an absolute path, of a folder shared with the bank"
        )
        _like("COURTESY_FILE", self.courtesy_file or "/", r"/.*", "an absolute path, of a file in memory")
        _like("NOTICE_DIR", self.notice_dir or "/", r"/.*", "an absolute path, of the folder of a gateway")
        if self.clock_offset_file and self.profile != "test":
            raise BadSettings("CLOCK_OFFSET_FILE: only the test profile may move the clock; unset it")
        if self.webhook_networks and self.profile != "test":
            raise BadSettings("WEBHOOK_NETWORKS: only the test profile reaches private networks; unset it")
        _networks("WEBHOOK_NETWORKS", self.webhook_networks)
        _like(
            "METRICS_TOKEN",
            self.metrics_token or "x" * 16,
            r"[!-~]{16,128}",
            "16 to 128 visible ASCII characters",
        )
        self._refuse_loose_origins()
        self._refuse_odd_numbers()
        self._refuse_known_keys()
        if self.sms_sink == "console" and self.profile == "production":
            raise BadSettings(
                "SMS_SINK: one-time codes on a console end in logs; name a file:/absolute/path that your gateway reads"
            )

    def _refuse_loose_origins(self) -> None:
        local = "" if self.profile == "production" else f"|{LOCAL_ORIGIN}"
        also = "" if self.profile == "production" else "; http://localhost:PORT for development"
        for origin in self.embed_origins:
            form = f"https://host or https://host:port, small letters, no path, no *, commas between{also}"
            _like("EMBED_ORIGINS", origin, f"{APP_ORIGIN}{local}", form)

    def _refuse_odd_numbers(self) -> None:
        _within("GATE_SHARDS", self.gate_shards, MOST_SHARDS, "as many as the gate's cluster has masters")
        _within(
            "KEY_OVERLAP_HOURS",
            self.key_overlap_hours,
            LONGEST_OVERLAP_HOURS,
            "how long a rotated key still signs",
        )
        _within(
            "TOTP_MINUTES",
            self.totp_minutes,
            LONGEST_PROOF_MINUTES,
            "how long a second factor counts once it was shown",
        )
        if self.till_requests_a_minute < 1:
            raise BadSettings("TILL_REQUESTS_A_MINUTE: at least 1, for each terminal in each web process")
        if self.offline_hours < 1:
            raise BadSettings("OFFLINE_HOURS: at least 1; OFFLINE_INTENTS=0 hands out no allowance")
        if self.offline_grace_hours < 1:
            raise BadSettings("OFFLINE_GRACE_HOURS: at least 1, in which a till finds its network again")
        if self.bank_cooling_hours < 1:
            raise BadSettings(
                "BANK_COOLING_HOURS: at least 1; the cooling period is what stops a stolen login"
            )
        if self.payout_query_hours < 1:
            raise BadSettings("PAYOUT_QUERY_HOURS: at least 1, in which the bank may answer by itself")
        if self.lease_seconds < 1:
            raise BadSettings("LEASE_SECONDS: at least 1")
        if not 1 <= self.claims_at_once < self.requests_at_once:
            raise BadSettings(
                "CLAIMS_AT_ONCE: at least 1, and below REQUESTS_AT_ONCE, so that tills find a place"
            )

    def _refuse_known_keys(self) -> None:
        keys = {"SECRET_KEY": self.secret_key, "DATA_KEY": self.data_key, "INDEX_KEY": self.index_key}
        for name, key in keys.items() | {("ANKANG_KEYS", key) for key in self.ankang_keys.values()}:
            if key in KNOWN_KEYS and self.profile != "demo":
                raise BadSettings(
                    f"{name}: a default key protects nobody; make one with `openssl rand -hex 32`"
                )
        if len(set(keys.values())) < len(keys) and self.profile == "production":
            raise BadSettings("SECRET_KEY, DATA_KEY, INDEX_KEY: use three different keys")

    @property
    def is_sqlite(self) -> bool:
        """True on the embedded default, False on PostgreSQL."""
        return self.database_url.startswith("sqlite")

    @property
    def current_epoch(self) -> int:
        """The key epoch that new Ankang codes are made with: the one listed last."""
        return list(self.ankang_keys)[-1]

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment. Raises BadSettings with the variable's name and the mend."""
        is_production = env.get("PROFILE", "production") == "production"
        return cls(
            profile=env.get("PROFILE", "production"),
            database_url=_needed(env, "DATABASE_URL"),
            redis_url=_needed(env, "REDIS_URL"),
            queue_redis_url=env.get("QUEUE_REDIS_URL") or _needed(env, "REDIS_URL"),
            secret_key=_key(env, "SECRET_KEY"),
            data_key=_key(env, "DATA_KEY"),
            index_key=_key(env, "INDEX_KEY"),
            ankang_keys=_epoch_keys(env),
            sms_sink=env.get("SMS_SINK", "console"),
            clock_offset_file=env.get("CLOCK_OFFSET_FILE") or None,
            lease_seconds=_whole(env, "LEASE_SECONDS", 30),
            log_level=env.get("LOG_LEVEL", "INFO"),
            courtesy_file=env.get("COURTESY_FILE") or None,
            claims_at_once=_whole(env, "CLAIMS_AT_ONCE", 256),
            requests_at_once=_whole(env, "REQUESTS_AT_ONCE", 512),
            gate_shards=_whole(env, "GATE_SHARDS", 1),
            bank_cooling_hours=_whole(env, "BANK_COOLING_HOURS", 72),
            refund_limit_fen=_whole(env, "REFUND_LIMIT_FEN", 100_000),
            till_requests_a_minute=_whole(env, "TILL_REQUESTS_A_MINUTE", 3000),
            key_overlap_hours=_whole(env, "KEY_OVERLAP_HOURS", 24),
            offline_intents=_whole(env, "OFFLINE_INTENTS", 20),
            offline_fen=_whole(env, "OFFLINE_FEN", 50_000),
            offline_hours=_whole(env, "OFFLINE_HOURS", 24),
            offline_grace_hours=_whole(env, "OFFLINE_GRACE_HOURS", 24),
            payout_dir=env.get("PAYOUT_DIR") or None,
            notice_dir=env.get("NOTICE_DIR") or None,
            payout_days=_whole(env, "PAYOUT_DAYS", 2),
            payout_query_hours=_whole(env, "PAYOUT_QUERY_HOURS", 24),
            webhook_networks=env.get("WEBHOOK_NETWORKS", ""),
            hold_scan_hours=_whole(env, "HOLD_SCAN_HOURS", 6 if is_production else 0),
            totp_required=_switch(env, "TOTP_REQUIRED", is_production),
            totp_minutes=_whole(env, "TOTP_MINUTES", 10),
            embed_origins=_listed(env.get("EMBED_ORIGINS", "")),
            metrics_token=env.get("METRICS_TOKEN") or None,
            metrics_dir=env.get("PROMETHEUS_MULTIPROC_DIR") or None,
        )


def _within(name: str, number: int, most: int, meaning: str) -> None:
    if not 1 <= number <= most:
        raise BadSettings(f"{name}: 1 to {most}, {meaning}")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BadSettings(f"{name}: one of {', '.join(allowed)}, not {value!r}")


def _like(name: str, value: str, pattern: str, form: str) -> None:
    """The words do not repeat the value: an address may hold a password."""
    if not re.fullmatch(pattern, value):
        raise BadSettings(f"{name}: {form}")


def _networks(name: str, listed: str) -> None:
    try:
        for network in filter(None, listed.split(",")):
            ip_network(network)
    except ValueError as error:
        raise BadSettings(f"{name}: networks such as 127.0.0.0/8, commas between") from error


def _needed(env: Mapping[str, str], name: str) -> str:
    if not env.get(name):
        raise BadSettings(
            f"{name}: not set; `make run` sets everything for a demo, docs/settings.md explains each"
        )
    return env[name]


def _key(env: Mapping[str, str], name: str) -> bytes:
    return _hex_key(name, _needed(env, name))


def _hex_key(name: str, text: str) -> bytes:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise BadSettings(f"{name}: 64 hexadecimal digits (32 bytes); make one with `openssl rand -hex 32`")
    return bytes.fromhex(text)


def _epoch_keys(env: Mapping[str, str]) -> dict[int, bytes]:
    pairs = [pair.split(":", 1) for pair in _needed(env, "ANKANG_KEYS").split(",")]
    if any(len(pair) != 2 or not re.fullmatch(r"[0-9]", pair[0]) for pair in pairs):
        raise BadSettings(
            "ANKANG_KEYS: `epoch digit:64 hex digits`, several separated by commas, the current one last"
        )
    if len({epoch for epoch, _ in pairs}) < len(pairs):
        raise BadSettings("ANKANG_KEYS: an epoch has one key for ever; give the new key a new digit")
    return {int(epoch): _hex_key("ANKANG_KEYS", text) for epoch, text in pairs}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


def _whole(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise BadSettings(f"{name}: a whole number, not {text!r}")
    return int(text)


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, str(int(default)))
    if text not in ("0", "1"):
        raise BadSettings(f"{name}: 1 for yes or 0 for no, not {text!r}")
    return text == "1"
