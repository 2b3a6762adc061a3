"""The settings of the start command, and the environment it hands to the platform's processes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.cli import embedded_redis
from app.cli.data_dir import DataDir
from app.cli.words import CannotStart
from app.config import PROFILES, BadSettings, Settings

HOST = "127.0.0.1"
KEYS = ("SECRET_KEY", "DATA_KEY", "INDEX_KEY", "ANKANG_KEYS")
# Settings of app/config.py that are handed on when they are given and have no value of their own here.
PASSED_ON = (
    *KEYS,
    "QUEUE_REDIS_URL",
    "SMS_SINK",
    "NOTICE_DIR",
    "CLOCK_OFFSET_FILE",
    "LEASE_SECONDS",
    "LOG_LEVEL",
    "METRICS_TOKEN",
    "COURTESY_FILE",
    "CLAIMS_AT_ONCE",
    "REQUESTS_AT_ONCE",
    "GATE_SHARDS",
    "TILL_REQUESTS_A_MINUTE",
    "KEY_OVERLAP_HOURS",
    "WEBHOOK_NETWORKS",
    "HOLD_SCAN_HOURS",
    "TOTP_REQUIRED",
    "TOTP_MINUTES",
    "EMBED_ORIGINS",
)


TOWNS = ("whole", "small")


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """PORT, TILL_PORT, DATA_DIR, PROFILE, WEB_WORKERS and DEMO_TOWN, read once; the rest is for app/config.py."""

    port: int
    till_port: int
    data_dir: Path
    profile: str
    web_workers: int
    demo_town: str
    given: Mapping[str, str]

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> RunSettings:
        """Read the environment. Raises CannotStart with the variable's name and the mend."""
        profile = env.get("PROFILE") or "demo"
        if profile not in PROFILES:
            raise CannotStart(
                f"PROFILE：{'、'.join(PROFILES)} 之一 / one of {', '.join(PROFILES)}, not {profile!r}"
            )
        data_dir = Path(env.get("DATA_DIR") or ".data").expanduser().absolute()
        if set(str(data_dir)) & set("?#%\n"):
            raise CannotStart(
                f"DATA_DIR：路径不能含有 ? # % 或换行 / no ? # % or line break in it, please: {data_dir}"
            )
        port = _whole(env, "PORT", 8000, 65535)
        return cls(
            port=port,
            till_port=_whole(env, "TILL_PORT", port + 1, 65535, least=0),
            data_dir=data_dir,
            profile=profile,
            web_workers=_whole(env, "WEB_WORKERS", 2, 64),
            demo_town=_town(env),
            given=env,
        )

    @property
    def till_workers(self) -> int:
        """Web server processes for tills alone (ADR 31): half as many as there are for everybody."""
        return max(1, self.web_workers // 2) if self.till_port else 0

    @property
    def brings_redis(self) -> bool:
        """True when no REDIS_URL points to a server that is already there."""
        return not self.given.get("REDIS_URL")

    def for_platform(self, data: DataDir) -> dict[str, str]:
        """What app/config.py needs, made up where it was not given; production gets no made-up keys.

        Raises CannotStart with the words of app/config.py when it refuses them.
        """
        given = {name: self.given[name] for name in PASSED_ON if self.given.get(name)}
        made_up: dict[str, str] = {}
        if self.profile in ("demo", "test"):
            made_up["SMS_SINK"] = f"file:{data.sms}"
            made_up["NOTICE_DIR"] = str(data.notices)
            made_up["METRICS_TOKEN"] = secrets.token_hex(16)
            if not given.keys() >= set(KEYS):
                made_up |= data.keys()
        settings = {
            "PROFILE": self.profile,
            "DATA_DIR": str(data.path),
            "DATABASE_URL": self.given.get("DATABASE_URL") or f"sqlite:///{data.database}",
            "REDIS_URL": self.given.get("REDIS_URL") or embedded_redis.url(data.redis),
            **made_up,
            **given,
        }
        try:
            Settings.from_env(settings)
        except BadSettings as word:
            raise CannotStart(f"设置有误 / {word}") from None
        return settings


def _town(env: Mapping[str, str]) -> str:
    town = env.get("DEMO_TOWN") or TOWNS[0]
    if town not in TOWNS:
        raise CannotStart(f"DEMO_TOWN：{'、'.join(TOWNS)} 之一 / one of {', '.join(TOWNS)}, not {town!r}")
    return town


def _whole(env: Mapping[str, str], name: str, default: int, most: int, least: int = 1) -> int:
    text = env.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise CannotStart(
            f"{name}：{least} 到 {most} 的整数，而不是 / a whole number from {least} to {most}, not {text!r}"
        )
    return int(text)
