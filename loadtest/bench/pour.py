"""Claims as open arrivals, thousands a second, by wrk in a process of its own: each leaves at its instant.

Whoever reads answers in Python while sending that many is late, and then measures itself (P13).
"""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from threading import Timer

from loadtest.bench.arrivals import LATE_AT_MOST, LATE_S
from loadtest.bench.fire import HOST, NoNumber, started
from loadtest.bench.open_loop import PATIENCE_S
from loadtest.bench.platform import Release

SCRIPT = Path(__file__).with_name("pour.lua")
# More than a busy server has in hand at once: who waits for a free connection is late.
CONNECTIONS = 4_096
OFF_AT_MOST = 0.02


@dataclass(frozen=True)
class Poured:
    """What came of them: answers by status, grants by batch, how many left late, the latest by so much (s)."""

    statuses: dict[int, int]
    granted: dict[str, int]
    late: int
    latest_s: float
    took_s: float

    @property
    def sent(self) -> int:
        """All of them."""
        return sum(self.statuses.values())

    @property
    def per_s(self) -> float:
        """How many a second were sent, the last one's lateness counted."""
        return self.sent / self.took_s

    def on_time(self, per_s: float) -> None:
        """Raises NoNumber when one per cent left late, or this rate was not reached: the generator was too slow."""
        late = self.late / self.sent
        if late > LATE_AT_MOST or abs(self.per_s / per_s - 1) > OFF_AT_MOST:
            raise NoNumber(
                f"claims: {late:.1%} left late, {self.per_s:.0f} a second instead of {per_s:.0f}, "
                f"the latest by {self.latest_s * 1000:.0f} ms: the generator is too slow"
            )


@dataclass(frozen=True)
class Claims:
    """So many claims a second, from an instant on (epoch s): `citizens` of a batch, then those of the next."""

    releases: Sequence[Release]
    tokens: Path
    citizens: int
    count: int
    per_s: float


class Pouring:
    """wrk on its way. Raises NoNumber where it does not end, or has fewer answers than requests."""

    def __init__(self, port: int, claims: Claims, begins: float) -> None:
        seconds = int(claims.count / claims.per_s + 2 * PATIENCE_S)
        words = ["-t", "1", "-c", str(CONNECTIONS), "-d", str(seconds), "--timeout", f"{PATIENCE_S:.0f}s"]
        self._process = started(
            [*words, "-s", str(SCRIPT), f"http://{HOST}:{port}/"],
            _environment(port, claims, begins),
            gives_way=True,
        )
        self._timer = Timer(seconds, self._process.kill)
        self._timer.start()

    def result(self) -> Poured:
        """When the last answer is there."""
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if line.startswith("RESULT "):
                said = json.loads(line.removeprefix("RESULT "))
                statuses = {int(status): times for status, times in said.pop("statuses").items()}
                return Poured(statuses, **said)
        raise NoNumber("wrk ended without a result: " + "".join(lines[-5:]))

    def stop(self) -> None:
        """End it, whatever it is at."""
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.communicate()


def _environment(port: int, claims: Claims, begins: float) -> dict[str, str]:
    ids = [release.batch_id for release in claims.releases]
    return {
        "POUR_BEGINS": f"{begins:.6f}",
        "POUR_PER_S": f"{claims.per_s:.6f}",
        "POUR_COUNT": str(claims.count),
        "POUR_LATE_S": str(LATE_S),
        "POUR_HOST": f"{HOST}:{port}",
        "POUR_TOKENS": str(claims.tokens),
        "POUR_CITIZENS": str(claims.citizens),
        "POUR_BATCHES": " ".join(ids),
        "POUR_PREFIXES": " ".join(f"{batch_id[-12:]}-{token_hex(2)}-" for batch_id in ids),
    }
