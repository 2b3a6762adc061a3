"""What is no ratio of CPU: latency under open arrivals (P7), the opening (P10), Redis (P6), growth (P5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from loadtest.bench import gate, growth, redis_side, rounds
from loadtest.bench.arrivals import Crowd, Visit, count, middle_s, on_time, p99_s
from loadtest.bench.claim import Bench
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import NoNumber, fire
from loadtest.bench.platform import Release, wait_until
from loadtest.bench.rounds import CLIENTS, WARM_UP

ALONE_REQUESTS = 100
OPEN_LOAD = 0.7
OVERLOAD = 5
EARLY_S, LASTS_S, PRESS_EVERY_S = 1.0, 1.5, 0.02
P6_CLAIMS = 1_024
P6_BYTES_CLAIMS = 100_000
ALONE_CLAIMS = 16_000


class Extras(rounds.Extras):
    """Latency, the opening, Redis, growth."""

    bench: Bench

    def __init__(self, bench: Bench, sizes: str) -> None:
        super().__init__(bench)
        self._sizes = sizes

    def every_round(self) -> Mapping[str, Callable[[], None]]:
        """What needs a batch of its own."""
        return {"P7": self._open_arrivals, "P7_overload": self._overload, "P10": self._opening}

    def at_the_end(self) -> Mapping[str, Callable[[], None]]:
        """What needs Redis or a database for itself."""
        return {"P6": self._redis, "P9": self._gate, "P5": self._growth}

    def _crowd(self, release: Release) -> Crowd:
        return Crowd(
            self.platform.port, release.path, self.platform.sessions(), f"{release.batch_id[-12:]}-open-"
        )

    def _open_arrivals(self) -> None:
        release = self._released(self.bench.plan.citizens)
        crowd = self._crowd(release)
        warm = crowd.side_by_side(range(WARM_UP), CLIENTS)
        lonely = crowd.one_after_another(range(WARM_UP, start := WARM_UP + ALONE_REQUESTS))
        per_s = _rate(warm)
        full = crowd.side_by_side(
            range(start, start := start + min(int(per_s * 2), self.bench.plan.citizens // 4)), CLIENTS
        )
        per_s = OPEN_LOAD * _rate(full)
        many = min(int(per_s * self.bench.plan.seconds), self.bench.plan.citizens // 2)
        visits = crowd.open(range(start, start + many), per_s)
        crowd.hang_up()
        _grant(release, warm + lonely + full + visits)
        on_time("P7", visits)
        self.add("P7_p99", p99_s(visits) / middle_s(lonely))
        self.add("P7_unloaded_median_ms", middle_s(lonely) * 1000, "ms")
        self.add("P7_p99_ms", p99_s(visits) * 1000, "ms")
        self.add("P7_offered_per_s", per_s, "1/s")

    def _overload(self) -> None:
        """Five times the clients that saturate it: successes a CPU second, over those at the peak."""
        release, plan = self._released(self.bench.plan.citizens), self.bench.plan
        successes, first = {}, 0
        for clients in (CLIENTS, OVERLOAD * CLIENTS):
            warm = fire(self.platform.port, release.shots(self.platform.tokens, first, clients), clients)
            many = min(plan.citizens // 2 - clients, int(warm.per_s * plan.seconds))
            meter = Meter(self.platform.roots)
            hits = fire(
                self.platform.port, release.shots(self.platform.tokens, first + clients, many), clients
            )
            successes[clients] = hits.statuses.get(201, 0) / sum(meter.spent_s().values())
            release.granted += hits.statuses.get(201, 0) + warm.statuses.get(201, 0)
            first += clients + many
        self.add("P7_overload", successes[OVERLOAD * CLIENTS] / successes[CLIENTS])

    def _opening(self) -> None:
        """Sixty-four citizens press fifty times a second, from a second before the window opens."""
        release = self.platform.release(CLIENTS, opens_in_s=3.0)
        opens = round(release.opens_at * 1000) / 1000
        crowd = self._crowd(release)
        wait_until(opens - EARLY_S)
        visits = crowd.until(range(CLIENTS), opens + LASTS_S, PRESS_EVERY_S)
        crowd.hang_up()
        _grant(release, visits)
        granted = [visit for visit in visits if visit.reply.status == 201]
        if not granted:
            raise NoNumber(f"P10: nobody was granted: {Counter(visit.reply.code for visit in visits)}")
        early = count(granted, lambda visit: visit.done < opens or _claimed_at(visit) < opens)
        self.add(
            "P10_first_accepted_ms", (min(visit.done for visit in granted) - opens) * 1000, "ms after T0"
        )
        self.add("P10_first_claimed_at_ms", (min(map(_claimed_at, granted)) - opens) * 1000, "ms after T0")
        self.add("P10_accepted_early", early, "claims")

    def _redis(self) -> None:
        """P6: commands a claim at saturation; in a Redis of its own the script and the bytes it leaves."""
        address = self.platform.settings()["REDIS_URL"]
        release = self._released(P6_BYTES_CLAIMS)
        door, tokens = self.platform.port, self.platform.tokens
        shots = release.shots(tokens, 0, P6_CLAIMS)
        heard = redis_side.Listener(address).during(lambda: fire(door, shots, CLIENTS))
        self.add("P6_win_commands", len(heard) / P6_CLAIMS, "commands/claim")
        for name, refusing in self.bench.refusals.items():
            asked = refusing.shots(tokens, 0, P6_CLAIMS)
            told = redis_side.Listener(address).during(lambda asked=asked: fire(door, asked, CLIENTS))  # type: ignore[misc]
            self.add(f"P6_{name}_commands", len(told) / P6_CLAIMS, "commands/claim")
        one = release.shots(tokens, P6_CLAIMS, 1)
        heard = redis_side.Listener(address).during(lambda: fire(door, one, 1))
        release.granted = P6_CLAIMS + 1
        key = one.prefix + str(P6_CLAIMS)
        with redis_side.Alone(self.platform, heard, key) as alone:
            for number in range(1, self.bench.plan.rounds + 1):
                self.costs.append({"redis_alone": alone.cost(ALONE_CLAIMS, number * 10**6)})
        with redis_side.Alone(self.platform, heard, key) as alone:
            closing = redis_side.Listener(address).during(lambda: self.platform.close(release))
            kept = alone.bytes_kept(P6_BYTES_CLAIMS, 10**6, closing)
        self.add("P6_bytes_open", kept[0], "bytes/claim")
        self.add("P6_bytes_closed", kept[1], "bytes/claim")

    def _gate(self) -> None:
        for name, value, unit in gate.measure(self.bench, self.platform):
            self.add(name, value, unit)

    def _growth(self) -> None:
        if not self._sizes:
            raise NoNumber("not measured (GROWTH=10000,100000,1000000,10000000)")
        sizes = [int(size) for size in self._sizes.split(",")]
        for name, value, unit in growth.measure(self.bench, self.platform, sizes):
            self.add(name, value, unit)

    def _released(self, stock: int) -> Release:
        release = self.platform.release(stock)
        wait_until(release.opens_at)
        return release


def _rate(visits: list[Visit]) -> float:
    return len(visits) / (max(visit.done for visit in visits) - min(visit.due for visit in visits))


def _grant(release: Release, visits: list[Visit]) -> None:
    release.granted += count(visits, lambda visit: visit.reply.status == 201)
    wrong = Counter(visit.reply.status for visit in visits if visit.reply.status >= 500)
    if wrong:
        raise NoNumber(f"open arrivals: {wrong}")


def _claimed_at(visit: Visit) -> float:
    shown = visit.reply.body["voucher"]
    return datetime.fromisoformat(shown["claimed_at"]).timestamp() if "claimed_at" in shown else visit.done
