"""What is no ratio of CPU: latency under open arrivals (P7), the opening (P10), Redis (P6), growth (P5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from loadtest.bench import gate, growth, redis_side
from loadtest.bench.arrivals import Crowd, Visit, count, late_share, middle_s, p99_s
from loadtest.bench.claim import CLIENTS, WARM_UP, Bench
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import NoNumber, fire
from loadtest.bench.platform import Platform, Release, wait_until
from loadtest.bench.ratios import Cost, spread
from loadtest.replay.people import Unexpected

ALONE_REQUESTS = 100
OPEN_LOAD = 0.7
OVERLOAD = 5
LATE_AT_MOST = 0.01
EARLY_S, LASTS_S, PRESS_EVERY_S = 1.0, 1.5, 0.02
STALL_US = 38_000
P6_CLAIMS = 1_024
P6_BYTES_CLAIMS = 100_000
ALONE_CLAIMS = 16_000


class Extras:
    """Collects values round by round; `results` are in the form of the JSON file."""

    def __init__(self, bench: Bench, platform: Platform) -> None:
        self.bench, self.platform = bench, platform
        self.values: dict[str, list[float]] = defaultdict(list)
        self.units: dict[str, str] = {}
        self.costs: list[dict[str, Cost]] = []
        self.stalls: dict[str, int] = {}
        self._tokens: list[str] = []

    def round(self) -> list[str]:
        """What a round measures besides costs; audited like everything else. Returns why something has no number."""
        self._tokens = self._tokens or self.platform.tokens.read_text().split()
        missing = []
        for act in (self._open_arrivals, self._overload, self._opening):
            try:
                act()
            except NoNumber as reason:
                missing.append(str(reason))
        self.platform.audit()
        one = [name for name in self.bench.hits if name.endswith("_1") or name in ("b0", "b1_shipped")]
        self.stalls = {name: self.bench.hits[name].p50_us for name in one}
        return missing

    def once(self, sizes: str, only: str = "") -> list[str]:
        """What a run measures once, if `only` is in its name. Returns why something was not measured."""
        self.bench.stop()  # their memories look into the platform's Redis, too
        missing: list[str] = []
        acts: dict[str, Callable[[], None]] = {
            "P6": self._redis,
            "P9": self._gate,
            "P5": lambda: self._growth(sizes),
        }
        for name, act in acts.items():
            if only not in name:
                continue
            try:
                act()
                self.platform.audit()
            except (NoNumber, Unexpected) as reason:
                missing.append(f"{name}: {reason}")
        return missing

    def results(self) -> dict[str, dict[str, Any]]:
        """Median and range of everything collected."""
        return {name: spread(values, self.units[name]) for name, values in self.values.items()}

    def stalled(self) -> list[str]:
        """Keep-alive doors whose lonely client waits 40 ms for a delayed acknowledgement."""
        return [name for name, middle in self.stalls.items() if middle >= STALL_US]

    def _add(self, name: str, value: float, unit: str = "ratio") -> None:
        self.values[name].append(value)
        self.units[name] = unit

    def _crowd(self, release: Release) -> Crowd:
        return Crowd(self.platform.port, release.path, self._tokens, f"{release.batch_id[-12:]}-open-")

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
        if late_share(visits) > LATE_AT_MOST:
            raise NoNumber(
                f"P7: {late_share(visits):.1%} of the arrivals started late: the generator is too slow"
            )
        self._add("P7_p99", p99_s(visits) / middle_s(lonely))
        self._add("P7_unloaded_median_ms", middle_s(lonely) * 1000, "ms")
        self._add("P7_p99_ms", p99_s(visits) * 1000, "ms")
        self._add("P7_offered_per_s", per_s, "1/s")

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
        self._add("P7_overload", successes[OVERLOAD * CLIENTS] / successes[CLIENTS])

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
        self._add(
            "P10_first_accepted_ms", (min(visit.done for visit in granted) - opens) * 1000, "ms after T0"
        )
        self._add("P10_first_claimed_at_ms", (min(map(_claimed_at, granted)) - opens) * 1000, "ms after T0")
        self._add("P10_accepted_early", early, "claims")

    def _redis(self) -> None:
        """P6: commands a claim at saturation; in a Redis of its own the script and the bytes it leaves."""
        address = self.platform.settings()["REDIS_URL"]
        release = self._released(P6_BYTES_CLAIMS)
        door, tokens = self.platform.port, self.platform.tokens
        shots = release.shots(tokens, 0, P6_CLAIMS)
        heard = redis_side.Listener(address).during(lambda: fire(door, shots, CLIENTS))
        self._add("P6_win_commands", len(heard) / P6_CLAIMS, "commands/claim")
        for name, refusing in self.bench.refusals.items():
            asked = refusing.shots(tokens, 0, P6_CLAIMS)
            told = redis_side.Listener(address).during(lambda asked=asked: fire(door, asked, CLIENTS))  # type: ignore[misc]
            self._add(f"P6_{name}_commands", len(told) / P6_CLAIMS, "commands/claim")
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
        self._add("P6_bytes_open", kept[0], "bytes/claim")
        self._add("P6_bytes_closed", kept[1], "bytes/claim")

    def _gate(self) -> None:
        for name, value, unit in gate.measure(self.bench, self.platform):
            self._add(name, value, unit)

    def _growth(self, sizes: str) -> None:
        if not sizes:
            raise NoNumber("not measured (GROWTH=10000,100000,1000000,10000000)")
        for name, value, unit in growth.measure(
            self.bench, self.platform, [int(size) for size in sizes.split(",")]
        ):
            self._add(name, value, unit)

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
