"""What is no ratio of CPU at the tills: a redemption's latency in a claim storm (P13), and the QR drawing (P17)."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from loadtest.bench import rounds
from loadtest.bench.arrivals import Crowd, Visit, arrived, on_time, p99_s
from loadtest.bench.fire import NoNumber, fire
from loadtest.bench.platform import Release, wait_until
from loadtest.bench.redeem import Bench
from loadtest.bench.rounds import CLIENTS, OURS, WARM_UP
from loadtest.replay.house import ROOT

REDEMPTIONS_PER_S = 20
OVERLOAD = 1.5
TURNED_AWAY = (429, 503)
Claim = tuple[Release, bytes]


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
        phases: dict[str, Sequence[Claim]] = {"quiet": (), "storm": self._claims(per_s)}
        seen = {}
        for name in sorted(phases, reverse=bool(len(self.values.get("P13", ())) % 2)):
            seen[name] = p99_s(self._redemptions(name, phases[name], per_s))
            self.add(f"P13_{name}_p99_ms", seen[name] * 1000, "ms")
        self.add("P13_claims_offered_per_s", per_s, "1/s")
        self.add("P13", seen["storm"] / seen["quiet"])

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

    def _claims(self, per_s: float) -> list[Claim]:
        """Enough for the whole storm: each citizen claims once from as many batches as it takes."""
        many, citizens = int(per_s * self.bench.plan.storm_s), self.bench.plan.citizens
        found: list[Claim] = []
        for _ in range(math.ceil(many / citizens)):
            release = self._released()
            crowd = Crowd(self.platform.port, release.path, self.platform.sessions(), release.batch_id[-12:])
            found += [(release, crowd.request(number)) for number in range(min(citizens, many - len(found)))]
        return found

    def _redemptions(self, phase: str, claims: Sequence[Claim], claims_per_s: float) -> list[Visit]:
        """Twenty a second, and these claims at the same time; only the redemptions are looked at."""
        wanted = int(REDEMPTIONS_PER_S * self.bench.plan.storm_s)
        line = self.bench.shops[OURS].line(wanted)
        line.scan(wanted)
        orders = line.orders(self.platform.port, 0, wanted)
        due: list[tuple[float, Release | None, bytes]] = [
            (n / REDEMPTIONS_PER_S, None, order.encode()) for n, order in enumerate(orders)
        ]
        due += [(n / claims_per_s, release, request) for n, (release, request) in enumerate(claims)]
        due.sort(key=lambda each: each[0])
        visits = arrived(self.platform.port, [(after_s, request) for after_s, _, request in due])
        redeemed = []
        for (_, release, _), visit in zip(due, visits, strict=True):
            if release is None:
                redeemed.append(visit)
            else:
                release.granted += visit.reply.status == 201
        line.release.redeemed = sum(visit.reply.status == 201 for visit in redeemed)
        self._judge(phase, redeemed, visits)
        return redeemed

    def _judge(self, phase: str, redeemed: Sequence[Visit], visits: Sequence[Visit]) -> None:
        """Raises NoNumber unless every redemption was granted, on time, and claims were granted or sent away."""
        statuses = Counter(visit.reply.status for visit in redeemed)
        everything = Counter(visit.reply.status for visit in visits)
        if set(statuses) != {201} or set(everything) - {201, *TURNED_AWAY}:
            raise NoNumber(f"{phase}: redemptions {dict(statuses)}, everything {dict(everything)}")
        on_time(phase, redeemed)
        if phase == "storm":
            away = sum(everything[status] for status in TURNED_AWAY)
            self.add("P13_claims_turned_away", away / (len(visits) - len(redeemed)), "share of claims")

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
