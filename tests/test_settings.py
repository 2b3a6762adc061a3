"""Settings refuse nonsense at the door, by the variable's name and with the mend; every one is documented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.cli import embedded_redis
from app.cli.data_dir import DataDir
from app.cli.run_settings import RunSettings
from app.cli.words import CannotStart
from app.config import BadSettings, Settings
from tests.kit import inside
from tests.kit.house import ROOT

ZEROS = "0" * 64
SINK = {"SMS_SINK": "file:/srv/ankang/sms.jsonl"}
GOOD = inside.environment("sqlite:////srv/ankang/ankang.db")
NONSENSE = {
    "PROFILE": ("staging", "", "Demo"),
    "DATABASE_URL": ("", "sqlite:///relative.db", "mysql://root@db/x", "postgresql://db/x", "sqlite:////"),
    "REDIS_URL": (
        "",
        "localhost:6379",
        "http://localhost",
        "redis://",
        "redis+cluster://a",
        "redis+cluster://a:1,b",
        "redis+cluster://a:1/0",
    ),
    "QUEUE_REDIS_URL": ("localhost", "memcached://localhost", "redis+cluster://a:1,b:2"),
    "SECRET_KEY": ("", "secret", "g" * 64, "ab" * 31, ZEROS, "ff" * 32),
    "DATA_KEY": ("", "00" * 33, ZEROS, bytes(range(32)).hex()),
    "INDEX_KEY": ("", "ab" * 16, ZEROS),
    "ANKANG_KEYS": (
        "",
        "ab" * 32,
        f"10:{'ab' * 32}",
        f"x:{'ab' * 32}",
        "1:short",
        f"1:{'ab' * 32},",
        f"1:{'ab' * 32},1:{'cd' * 32}",
        f"1:{ZEROS}",
    ),
    "NOTICE_DIR": ("notices", "./notices"),
    "SMS_SINK": ("gateway", "file:relative.jsonl", "file:", "file"),
    "LEASE_SECONDS": ("0", "-1", "1.5", "soon", "1e3", "9" * 7, ""),
    "BANK_COOLING_HOURS": ("0", "-1", "soon"),
    "REFUND_LIMIT_FEN": ("-1", "1.5", "9" * 7, ""),
    "OFFLINE_INTENTS": ("-1", "", "many"),
    "OFFLINE_FEN": ("-1", "", "9" * 7),
    "OFFLINE_HOURS": ("0", "", "a day"),
    "OFFLINE_GRACE_HOURS": ("0", "-1", ""),
    "LOG_LEVEL": ("LOUD", "info", ""),
    "WEBHOOK_NETWORKS": ("localhost", "127.0.0.1/8", "10.0.0.0/8,x"),
    "COURTESY_FILE": ("courtesy", "./courtesy"),
    "CLAIMS_AT_ONCE": ("0", "many", "512", "600"),
    "REQUESTS_AT_ONCE": ("", "-3"),
    "GATE_SHARDS": ("0", "65", "", "three"),
    "TILL_REQUESTS_A_MINUTE": ("0", "-1", "", "many"),
    "KEY_OVERLAP_HOURS": ("0", "721", "", "a day"),
    "HOLD_SCAN_HOURS": ("-1", "", "often"),
    "TOTP_REQUIRED": ("yes", "", "2"),
    "TOTP_MINUTES": ("0", "721", "", "soon"),
    "EMBED_ORIGINS": (
        "https://*.example.cn",
        "https://app.example.cn/",
        "http://app.example.cn",
        "https://a.cn, https://b.cn",
        "https://app.example.cn,",
        "https://a.cn;script-src *",
        "'self'",
        "*",
    ),
    "METRICS_TOKEN": ("short", "with a space inside", "x" * 129),
}


class Recorder(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, content: Mapping[str, str]) -> None:
        super().__init__(content)
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """Remember, then look."""
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values]
)
def test_nonsense_is_refused_by_name_with_the_mend(name: str, value: str):
    """The message begins with the variable and says what it should be."""
    with pytest.raises(BadSettings, match=f"^{name}: .{{10,}}"):
        Settings.from_env({**GOOD, name: value})


def test_an_app_on_a_developers_machine_is_none_in_production():
    """There TLS is asked for; elsewhere both are taken."""
    local = {**GOOD, "EMBED_ORIGINS": "https://app.example.cn:8443,http://127.0.0.1:9000,http://localhost"}
    assert len(Settings.from_env(local).embed_origins) == 3
    with pytest.raises(BadSettings, match=r"^EMBED_ORIGINS: https://host"):
        Settings.from_env({**local, **SINK, "PROFILE": "production"})


def test_a_refusal_never_repeats_a_secret():
    """Neither a password in an address nor a broken key reaches a log."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ANKANG_KEYS"):
        with pytest.raises(BadSettings) as word:
            Settings.from_env({**GOOD, name: "hunter2-in-clear"})
        assert "hunter2" not in str(word.value)


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DATA_KEY", "INDEX_KEY", "ANKANG_KEYS"]
)
def test_what_is_needed_is_asked_for(name: str):
    """There is no default for what only the operator can know."""
    with pytest.raises(BadSettings, match=f"^{name}: not set; .*docs/settings.md"):
        Settings.from_env({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATA_KEY", "INDEX_KEY", "ANKANG_KEYS"])
def test_a_default_key_is_good_enough_for_the_demo_only(name: str):
    """A key from the documentation protects nobody."""
    bad = {**GOOD, name: f"1:{ZEROS}" if name == "ANKANG_KEYS" else ZEROS}
    for profile in ("production", "test"):
        with pytest.raises(BadSettings, match=f"^{name}: a default key"):
            Settings.from_env({**bad, "PROFILE": profile})
    assert Settings.from_env({**bad, "PROFILE": "demo"}).profile == "demo"


def test_production_wants_three_different_keys():
    """One leaked key must not open the other locks."""
    same = {**GOOD, "PROFILE": "production", "DATA_KEY": GOOD["INDEX_KEY"]}
    with pytest.raises(BadSettings, match="SECRET_KEY, DATA_KEY, INDEX_KEY: use three different keys"):
        Settings.from_env(same)


def test_production_prints_no_one_time_codes():
    """What a console shows ends in somebody's log."""
    with pytest.raises(BadSettings, match=r"^SMS_SINK: one-time codes"):
        Settings.from_env({**GOOD, "PROFILE": "production"})
    assert Settings.from_env({**GOOD, **SINK, "PROFILE": "production"}).profile == "production"


@pytest.mark.parametrize("profile", ["production", "demo"])
def test_only_the_test_profile_may_move_the_clock(profile: str):
    """A moved clock would open windows early and let vouchers lapse."""
    moved = {**GOOD, "CLOCK_OFFSET_FILE": "/tmp/offset"}
    with pytest.raises(BadSettings, match=r"^CLOCK_OFFSET_FILE: only the test profile"):
        Settings.from_env({**moved, "PROFILE": profile})
    assert Settings.from_env(moved).clock_offset_file == "/tmp/offset"


def test_unset_settings_have_their_documented_defaults():
    """The strictest profile, no moved clock, one Redis for both."""
    settings = Settings.from_env(
        {name: value for name, value in GOOD.items() if name not in {"PROFILE", "LOG_LEVEL"}} | SINK
    )
    assert (settings.profile, settings.log_level, settings.lease_seconds) == ("production", "INFO", 30)
    assert settings.clock_offset_file is None and settings.metrics_token is None
    assert settings.totp_required and not Settings.from_env(GOOD).totp_required
    assert Settings.from_env(GOOD).sms_sink == "console"
    assert settings.queue_redis_url == settings.redis_url


def test_the_queue_of_a_gate_on_a_cluster_needs_a_server_of_its_own():
    """RQ takes its jobs from one server; the word says what to set."""
    cluster = {**GOOD, "REDIS_URL": "redis+cluster://ankang:secret@a.internal:6379,b.internal:6379"}
    with pytest.raises(
        BadSettings, match=r"^QUEUE_REDIS_URL: redis://host:port/0 .*RQ does not run on a clus"
    ):
        Settings.from_env(cluster)
    assert Settings.from_env({**cluster, "QUEUE_REDIS_URL": "redis://queue.internal/0"})


def test_the_last_key_is_the_current_one():
    """Older epochs stay readable."""
    settings = Settings.from_env({**GOOD, "ANKANG_KEYS": f"3:{'ab' * 32},1:{'cd' * 32}"})
    assert settings.current_epoch == 1 and settings.ankang_keys[3] == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "８０００"),
        ("TILL_PORT", "-1"),
        ("TILL_PORT", "65536"),
        ("WEB_WORKERS", "0"),
        ("WEB_WORKERS", "65"),
        ("PROFILE", "staging"),
        ("DEMO_TOWN", "Venice"),
        ("DATA_DIR", "/srv/a?b"),
    ],
)
def test_the_start_command_refuses_nonsense_too(name: str, value: str):
    """In both languages, with the variable's name."""
    with pytest.raises(CannotStart, match=name):
        RunSettings.from_env({name: value})


def test_every_setting_is_documented_and_no_other(tmp_path: Path):
    """docs/settings.md is the list of what the code asks the environment for."""
    asked = Recorder(GOOD)
    Settings.from_env(asked)
    started = Recorder({**GOOD, "DATA_DIR": str(tmp_path)})
    run = RunSettings.from_env(started)
    run.for_platform(DataDir(run.data_dir))
    embedded_redis._server(started)
    table = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]{5,}) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    documented = [name for name, *_ in rows]
    assert set(documented) == asked.asked | started.asked
    assert len(documented) == len(set(documented))


def test_the_documentation_shows_no_key():
    """An example key would end up in production."""
    for path in ("docs/settings.md", "README.md"):
        assert re.search(r"[0-9a-f]{40}", (ROOT / path).read_text(encoding="utf-8")) is None
