"""Open arrivals of claims: each leaves once, at its instant, and a generator that is late gives no number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from loadtest.bench import pour
from loadtest.bench.fire import NoNumber
from loadtest.bench.platform import Release

CITIZENS, CLAIMS, PER_S = 30, 50, 100.0


@pytest.fixture
def batches() -> Iterator[tuple[int, list[tuple[float, str]]]]:
    """A platform that grants each claim of the batch "a" and sends the others away. Heard: when, and what."""
    heard: list[tuple[float, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            token, key = self.headers["Authorization"], self.headers["Idempotency-Key"]
            heard.append((time.time(), f"{self.path} {token} {key.rpartition('-')[2]} {body}"))
            status, answer = (
                (201, b'{"voucher":{"batch_id":"bat_a"}}') if "bat_a" in self.path else (503, b"{}")
            )
            self.wfile.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(answer), answer))

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_claim_leaves_once_at_its_instant(batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Citizen by citizen, batch after batch; what is granted is told by batch, for the oracle."""
    monkeypatch.setattr(pour, "CONNECTIONS", 8)
    port, heard = batches
    tokens = tmp_path / "tokens"
    tokens.write_text("".join(f"t{n}\n" for n in range(1, CITIZENS + 1)))
    releases = [Release(f"bat_{name}", "cmp", 0.0, CITIZENS) for name in "ab"]
    begins = time.time() + 0.5
    pouring = pour.Pouring(port, pour.Claims(releases, tokens, CITIZENS, CLAIMS, PER_S), begins)
    try:
        poured = pouring.result()
    finally:
        pouring.stop()
    assert poured.statuses == {201: CITIZENS, 503: CLAIMS - CITIZENS}
    assert poured.granted == {"bat_a": CITIZENS}
    asked = [(name, n) for name in "ab" for n in range(1, CITIZENS + 1)][:CLAIMS]
    assert sorted(what for _, what in heard) == sorted(
        f"/api/v1/batches/bat_{name}/claims Bearer t{n} {n} {{}}" for name, n in asked
    )
    # the generator's timers count whole milliseconds
    assert heard[0][0] >= begins - 0.001 and heard[-1][0] >= begins + (CLAIMS - 1) / PER_S - 0.001
    assert poured.took_s == pytest.approx(CLAIMS / PER_S, abs=0.1)


def test_a_late_generator_gives_no_number():
    """By its share of late claims, or by a rate it did not keep."""
    good = pour.Poured({201: 900, 503: 100}, {}, late=10, latest_s=0.2, took_s=10.0)
    good.on_time(100.0)
    for bad in (replace(good, late=11), replace(good, took_s=10.3), replace(good, took_s=9.7)):
        with pytest.raises(NoNumber, match="too slow"):
            bad.on_time(100.0)
