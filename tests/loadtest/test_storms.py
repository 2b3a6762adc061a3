"""Small storms on a real platform: the verdict says go, and says no-go when something is wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit import servers
from tests.kit.town import Town

ROOT = Path(__file__).parents[2]
DELAY_S = 0.3
PATIENCE_S = 200
OF_THE_MACHINE = ("p99", "late starts (> 250 ms)")  # other work on the same cores shows here

pytestmark = [pytest.mark.timeout(PATIENCE_S + 60), pytest.mark.alone]


@pytest.fixture(scope="module")
def platform() -> Iterator[Town]:
    """A platform that is already running."""
    town = Town("sqlite")
    try:
        yield town.start()
    finally:
        town.remove()


@pytest.fixture
def slow_port(platform: Town) -> Iterator[int]:
    """Where the same platform takes 300 ms longer for each redemption."""
    port = servers.free_port()
    command = [sys.executable, "-m", "tests.loadtest.delay", str(port), str(platform.port), str(DELAY_S)]
    proxy = subprocess.Popen(command, cwd=ROOT)
    try:
        servers.wait_for("the proxy", lambda: _listens(port))
        yield port
    finally:
        proxy.kill()
        proxy.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def storm(data_dir: Path, *words: str, shape: str = "SMALL") -> tuple[int, str, dict[str, Any]]:
    """Exit code, what was printed, and the JSON report."""
    command = [sys.executable, "-m", "tests.loadtest.driver", *words]
    options = ["--shape", shape, "--data-dir", str(data_dir)]
    report = data_dir / f"{shape.lower()}.json"
    report.unlink(missing_ok=True)
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert report.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(report.read_text(encoding="utf-8"))


def test_a_running_platform_is_fit_to_go(platform):
    """All forty vouchers, by answers, statistics and rows; a clean audit; on a machine that is not busy: go."""
    data_dir = platform.home / "data"
    code, said, report = storm(data_dir, "--host", platform.url)
    broken = [check["title"] for check in report["checks"] if not check["holds"]]
    assert [title for title in broken if not title.endswith(OF_THE_MACHINE)] == [], said
    assert broken or (code, report["verdict"]) == (0, "go"), said
    assert {check["seen"] for check in report["checks"][:3]} == {"40"}
    assert (data_dir / "small.html").exists()


def test_with_300_ms_more_for_each_redemption_it_is_no_go(platform, slow_port):
    """The tills cannot keep up with the customers who come, and the reason says so."""
    code, said, report = storm(
        platform.home / "data", "--host", f"http://127.0.0.1:{slow_port}", "--seed", "2"
    )
    assert (code, report["verdict"]) == (1, "no-go"), said
    assert any("waiting in line at a till p99" in reason for reason in report["reasons"])
    redeem = next(door for door in report["doors"] if door["name"] == "redeem")
    assert redeem["p50_ms"] > DELAY_S * 1000


def test_with_the_stock_tampered_it_is_no_go(platform):
    """A count that no longer matches its vouchers: the audit names the row, the verdict repeats it."""
    words = ("tamper", "--host", platform.url, "--seed", "3")
    code, said, report = storm(platform.home / "data", *words, shape="BRIEF")
    assert (code, report["verdict"]) == (1, "no-go"), said
    (reason,) = (reason for reason in report["reasons"] if reason.startswith("审计 audit"))
    assert "bat_" in reason, report["reasons"]
