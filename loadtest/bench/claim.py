"""The variants of `make bench-claim`, each a function that measures itself once; a round is all of them, shuffled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import psycopg

from loadtest.bench import servers
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import Hits, NoNumber, Shots, fire
from loadtest.bench.platform import Platform, Release, wait_until
from loadtest.bench.ratios import Cost
from loadtest.bench.servers import Postgres, WebServer

CLIENTS = 64
WARM_UP = 256
WARM_UP_ONE = 32
MOST_HELLOS = 60_000
# Turns of the door with a plant and of the one without, each so many claims long at most.
TURNS, CLAIMS_A_TURN = 16, 1_250
PLANTS = (("sold_out", "sleep"), ("sold_out", "trip"), ("claim", "group_trip"))
APPS = "loadtest.bench.apps"


@dataclass(frozen=True)
class Plan:
    """How much: rounds, seconds a variant, made-up citizens, attempts of P3 a round, the seed of the shuffling."""

    rounds: int
    seconds: float
    citizens: int
    attempts: int
    seed: int


@dataclass
class Bench:
    """Everything that runs while a bench runs."""

    plan: Plan
    postgres: Postgres
    platforms: Mapping[str, Platform]
    web: dict[str, WebServer] = field(default_factory=dict)
    refusals: dict[str, Release] = field(default_factory=dict)
    hits: dict[str, Hits] = field(default_factory=dict)

    def start(self) -> None:
        """The baselines' servers, the platform's with something planted, and the batches that refuse."""
        ours = self.platforms["postgresql"]
        shipped, env = ours.web_command(), ours.settings()
        naive = {"NAIVE_DATABASE_URL": self.postgres.database("naive")}
        self.web["b0"] = servers.granian(f"{APPS}.hello:bare")
        self.web["b1_granian"] = servers.granian(f"{APPS}.hello:application")
        self.web["b1_shipped"] = servers.like_shipped(shipped, f"{APPS}.hello:application", env)
        create_naive(naive)
        self.web["b3"] = servers.gunicorn(f"{APPS}.naive:application", naive)
        for plant in ("sleep", "trip", "group_trip", "alone"):
            planted = {**env, "BENCH_APPLICATION": "wsgi:application", "BENCH_PLANT": plant}
            self.web[plant] = servers.like_shipped(shipped, f"{APPS}.planted:application", planted)
        self.refusals = {"not_yet": ours.release(100, opens_in_s=12 * 3600), "sold_out": self._sold_out(ours)}

    def stop(self) -> None:
        """The servers of `start`."""
        for server in self.web.values():
            server.stop()

    def variants(self) -> dict[str, Callable[[], Cost]]:
        """Everything a round measures."""
        found: dict[str, Callable[[], Cost]] = {
            "b0": partial(self._hello, "b0", "/"),
            "b1_granian": partial(self._hello, "b1_granian", "/hello"),
            "b1_shipped": partial(self._hello, "b1_shipped", "/hello"),
            "b3": self._naive,
            "not_yet": partial(self._refused, "not_yet"),
            "sold_out": partial(self._refused, "sold_out"),
            "million": self._million,
        }
        found["claim_postgresql_1_alone"] = partial(self._claim, "postgresql", 1, "alone")
        for database in self.platforms:
            for clients in (CLIENTS, 1):
                found[f"claim_{database}_{clients}"] = partial(self._claim, database, clients)
        return found

    def round(self, number: int, only: str = "") -> dict[str, Cost]:
        """Every variant once, in an order of this round's own; then audit and oracle. Raises NoNumber."""
        order = [name for name in self.variants() if only in name]
        random.Random(f"{self.plan.seed}/{number}").shuffle(order)
        found = {}
        for name in order:
            found[name] = cost = self.variants()[name]()
            print(f"  {name:<28}{cost.total_us:>10.1f} µs {cost.per_s:>10.0f}/s", flush=True)
        for name, plant in PLANTS:
            if only in f"{name}_{plant}":
                found |= self._in_turns(name, plant)
        for platform in self.platforms.values():
            platform.audit()
        return found

    def measure(
        self,
        name: str,
        port: int,
        roots: Mapping[str, int],
        shots: Callable[[int, int], Shots],
        clients: int,
        most: int,
        least: int = 0,
    ) -> tuple[Cost, Hits]:
        """Warm up, uncounted; then as many requests as fill the seconds, from the second line of tokens on."""
        warm_up = WARM_UP_ONE if clients == 1 else WARM_UP
        first = fire(port, shots(0, warm_up), clients)
        count = least or min(most - warm_up, max(4 * clients, int(first.per_s * self.plan.seconds)))
        meter = Meter(roots)
        hits = fire(port, shots(warm_up, count), clients)
        spent = {part: used * 1e6 / count for part, used in meter.spent_s().items()}
        self.hits[name] = hits
        for status in {*first.statuses, *hits.statuses}:
            if status >= 500 or status == 429:
                raise NoNumber(f"{name}: {hits.statuses} {first.statuses}")
        total = {status: first.statuses.get(status, 0) + n for status, n in hits.statuses.items()}
        return Cost(spent, hits.per_s, hits.p50_us, hits.p99_us), Hits(
            {**first.statuses, **total}, hits.seconds, hits.p50_us, hits.p90_us, hits.p99_us, hits.max_us
        )

    def _hello(self, name: str, path: str) -> Cost:
        server = self.web[name]

        def shots(_first: int, count: int) -> Shots:
            return Shots("GET", path, count)

        return self.measure(name, server.port, server.roots, shots, CLIENTS, MOST_HELLOS)[0]

    def _naive(self) -> Cost:
        server, database = self.web["b3"], self.postgres.address("naive")
        with psycopg.connect(database) as connection:
            found = connection.execute(
                "INSERT INTO naive_batch (stock) VALUES (1000000) RETURNING id"
            ).fetchone()
        assert found is not None
        tokens = self.platforms["postgresql"].tokens

        def shots(first: int, count: int) -> Shots:
            return Shots("POST", f"/batches/{found[0]}/claims", count, tokens, first, "n-")

        roots = {**server.roots, "database": self.postgres.pid}
        return self.measure("b3", server.port, roots, shots, CLIENTS, self.plan.citizens)[0]

    def _refused(self, which: str) -> Cost:
        platform, release = self.platforms["postgresql"], self.refusals[which]
        shots = partial(release.shots, platform.tokens)
        most = self.plan.citizens - WARM_UP
        cost, hits = self.measure(which, platform.port, platform.roots, shots, CLIENTS, most)
        if min(hits.statuses) < 400:
            raise NoNumber(f"{which}: {hits.statuses}")
        return cost

    def _claim(self, database: str, clients: int, plant: str = "") -> Cost:
        platform = self.platforms[database]
        release = platform.release(self.plan.citizens)
        wait_until(release.opens_at)
        port, roots = self._door(platform, plant)
        name = f"claim_{database}_{clients}{plant}"
        shots = partial(release.shots, platform.tokens)
        cost, hits = self.measure(name, port, roots, shots, clients, self.plan.citizens)
        if set(hits.statuses) != {201}:
            raise NoNumber(f"{name}: {hits.statuses}")
        release.granted = release.sent = hits.statuses[201]
        return cost

    def _in_turns(self, name: str, plant: str) -> dict[str, Cost]:
        """A door with a plant, and one without, in turns: less than the moods of a machine would show."""
        platform, count = self.platforms["postgresql"], self.plan.citizens // (TURNS + 2)
        release, first, wanted = self.refusals.get(name), 0, 409
        if release is None:
            wanted = 201
            release, count = platform.release(self.plan.citizens), min(CLAIMS_A_TURN, count)
            wait_until(release.opens_at)
        doors = {f"{name}_{plant}": plant, f"{name}_beside_{plant}": ""}
        spent: dict[str, Counter[str]] = {door: Counter() for door in doors}
        for turn in range(-2, TURNS):  # the first two warm up
            door = (*doors, *reversed(doors))[turn % 4]
            port, roots = self._door(platform, doors[door])
            meter = Meter(roots)
            hits = fire(port, release.shots(platform.tokens, first, count), CLIENTS)
            if set(hits.statuses) != {wanted}:
                raise NoNumber(f"{door}: {hits.statuses}")
            if wanted == 201:
                release.granted += count
                first += count
            if turn >= 0:
                spent[door].update(meter.spent_s())
        return {
            door: Cost({part: used * 2e6 / TURNS / count for part, used in parts.items()})
            for door, parts in spent.items()
        }

    def _million(self) -> Cost:
        platform, attempts = self.platforms["postgresql"], self.plan.attempts
        release = platform.release(attempts // 10)
        wait_until(release.opens_at)
        shots = release.shots(platform.tokens, 0, attempts)
        meter = Meter(platform.roots)
        hits = fire(platform.port, shots, CLIENTS)
        spent = {part: used * 1e6 / attempts for part, used in meter.spent_s().items()}
        release.granted, release.sent = hits.statuses.get(201, 0), attempts
        return Cost(spent, hits.per_s, hits.p50_us, hits.p99_us)

    def _door(self, platform: Platform, plant: str) -> tuple[int, dict[str, int]]:
        if not plant:
            return platform.port, platform.roots
        return self.web[plant].port, {**platform.roots, **self.web[plant].roots}

    def _sold_out(self, platform: Platform) -> Release:
        """The last citizens take all there is."""
        release = platform.release(CLIENTS)
        wait_until(release.opens_at)
        first = self.plan.citizens - CLIENTS
        hits = fire(platform.port, release.shots(platform.tokens, first, CLIENTS), CLIENTS)
        release.granted, release.sent = hits.statuses.get(201, 0), CLIENTS
        return release


def create_naive(env: Mapping[str, str]) -> None:
    """The naive claim's tables, before two processes race for them."""
    made = servers.step(["-c", f"import {APPS}.naive"], {**env, "NAIVE_CREATE": "1"})
    if made:
        raise NoNumber(f"the naive claim's tables: {made}")
