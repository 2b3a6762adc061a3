"""What is no ratio of CPU at the tills: a redemption's latency in a claim storm (P13), and the QR drawing (P17)."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from loadtest.bench import rounds
from loadtest.bench.arrivals import Visit, arrived, count, on_time, p99_s
from loadtest.bench.fire import NoNumber, fire
from loadtest.bench.platform import Release, wait_until
from loadtest.bench.pour import Claims, Poured, Pouring
from loadtest.bench.redeem import Bench
from loadtest.bench.rounds import CLIENTS, OURS, WARM_UP
from loadtest.replay.house import ROOT

REDEMPTIONS_PER_S = 20
OVERLOAD = 1.5
TURNED_AWAY = (429, 503)
# wrk reads its citizens and dials before the first claim is due.
PREPARED_S = 3.0


class Extras(rounds.Extras):
    """A storm a round, the drawing once."""

    bench: Bench

    def every_round(self) -> Mapping[str, Callable[[], None]]:
        """Quiet and storm, one after the other."""
        return {"P13": self._storm}

    def at_the_end(self) -> Mapping[str, Callable[[], None]]:
        """In one process, without a server."""
        return {"P17_qr": self._drawing}

    def _storm(self) -> None:
        """Every other round begins with the storm."""
        per_s = OVERLOAD * self._capacity()
        phases: dict[str, Claims | None] = {"quiet": None, "storm": self._claims(per_s)}
        seen = {}
        for name in sorted(phases, reverse=bool(len(self.values.get("P13", ())) % 2)):
            seen[name] = p99_s(self._redemptions(name, phases[name]))
        for name, p99 in seen.items():
            self.add(f"P13_{name}_p99_ms", p99 * 1000, "ms")
        self.add("P13", seen["storm"] / seen["quiet"])
        self.platform.come_to_rest()  # the next round's variants come after it

    def _capacity(self) -> float:
        """Claims a second that are granted to 64 clients who wait for each answer."""
        platform, plan = self.platform, self.bench.plan
        release = self._released()
        warm = fire(platform.port, release.shots(platform.tokens, 0, WARM_UP), CLIENTS)
        many = min(plan.citizens - WARM_UP, int(warm.per_s * plan.seconds))
        hits = fire(platform.port, release.shots(platform.tokens, WARM_UP, many), CLIENTS)
        release.granted = release.sent = warm.statuses.get(201, 0) + hits.statuses.get(201, 0)
        rounds.need("P13: claims", hits, 201)
        return hits.per_s

    def _claims(self, per_s: float) -> Claims:
        """Enough for the whole storm: each citizen claims once from as many batches as it takes."""
        plan = self.bench.plan
        many = int(per_s * plan.storm_s)
        releases = [self.platform.release(plan.citizens) for _ in range(math.ceil(many / plan.citizens))]
        return Claims(releases, self.platform.tokens, plan.citizens, many, per_s)

    def _redemptions(self, phase: str, claims: Claims | None) -> list[Visit]:
        """Twenty a second where tills are served, and these claims at the same time, by a process of their own."""
        wanted = int(REDEMPTIONS_PER_S * self.bench.plan.storm_s)
        line = self.bench.shops[OURS].line(wanted)
        line.scan(wanted)
        orders = [each.encode() for each in line.orders(self.platform.till_port, 0, wanted)]
        with ExitStack() as stack:
            begins = time.time() + PREPARED_S
            pouring = Pouring(self.platform.port, claims, begins) if claims else None
            if pouring:
                stack.callback(pouring.stop)
            wait_until(begins)
            visits = arrived(
                self.platform.till_port, [(n / REDEMPTIONS_PER_S, each) for n, each in enumerate(orders)]
            )
            poured = pouring.result() if pouring else None
        line.release.redeemed = count(visits, lambda visit: visit.reply.status == 201)
        if claims and poured:
            self._judge_claims(claims, poured)
        _judge(phase, visits)
        return visits

    def _judge_claims(self, claims: Claims, poured: Poured) -> None:
        """Raises NoNumber unless they came as they should, and were granted or sent away."""
        for release in claims.releases:
            release.granted = poured.granted.get(release.batch_id, 0)
        if set(poured.statuses) - {201, *TURNED_AWAY}:
            raise NoNumber(f"storm: claims {poured.statuses}")
        poured.on_time(claims.per_s)
        away = sum(poured.statuses.get(status, 0) for status in TURNED_AWAY)
        self.add("P13_claims_per_s", poured.per_s, "1/s")
        self.add("P13_claims_granted_per_s", poured.statuses.get(201, 0) / poured.took_s, "1/s")
        self.add("P13_claims_turned_away", away / poured.sent, "share of claims")
        self.add("P13_claims_latest_ms", poured.latest_s * 1000, "ms late")

    def _drawing(self) -> None:
        for _ in range(self.bench.plan.rounds):
            words = [sys.executable, "-m", "loadtest.bench.apps.drawing"]
            done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise NoNumber(done.stderr[-500:])
            took = json.loads(done.stdout)
            self.add("P17_qr", took["library_us"] / took["ours_us"])
            self.add("P17_qr_ours_us", took["ours_us"], "µs of CPU")
            self.add("P17_qr_library_us", took["library_us"], "µs of CPU")

    def _released(self) -> Release:
        release = self.platform.release(self.bench.plan.citizens)
        wait_until(release.opens_at)
        return release


def _judge(phase: str, visits: Sequence[Visit]) -> None:
    """Raises NoNumber unless every redemption was granted, on time."""
    statuses = Counter(visit.reply.status for visit in visits)
    if set(statuses) != {201}:
        raise NoNumber(f"{phase}: redemptions {dict(statuses)}")
    on_time(phase, visits)
