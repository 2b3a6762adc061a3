"""What every benchmark of the platform shares: servers, one measurement, doors in turns, rounds that are audited."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtest.bench import quiet, servers
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import Hits, NoNumber, Shots, fire
from loadtest.bench.platform import Platform
from loadtest.bench.ratios import Cost, spread
from loadtest.bench.servers import Postgres, WebServer
from loadtest.replay.people import Unexpected

CLIENTS = 64
WARM_UP = 256
WARM_UP_ONE = 32
MOST_HELLOS = 60_000
TURNS = 16
APPS = "loadtest.bench.apps"
OURS = "postgresql"
STALL_US = 38_000
Costs = dict[str, Cost]


@dataclass(frozen=True)
class Plan:
    """How much: rounds, seconds a variant, made-up citizens, the seed of the shuffling."""

    rounds: int
    seconds: float
    citizens: int
    seed: int


def is_wanted(name: str, only: str) -> bool:
    """Whether one of these words, with commas between them, is part of a name; no word stands for all names."""
    return any(word in name for word in only.split(","))


@dataclass(frozen=True)
class Door:
    """Where requests go: the port, and the processes that serve them by the names of their parts.

    `gives_way`: whether its web server gives way to the tills' (ADR 31).
    """

    port: int
    roots: Mapping[str, int]
    gives_way: bool = True


@dataclass
class Bench(ABC):
    """Everything that runs while a bench runs."""

    plan: Plan
    postgres: Postgres
    platforms: Mapping[str, Platform]
    web: dict[str, WebServer] = field(default_factory=dict)
    hits: dict[str, Hits] = field(default_factory=dict)
    crowding: list[float] = field(default_factory=list)  # at each measurement, see `quiet`

    @abstractmethod
    def start(self) -> None:
        """The servers beside the platform, and what the variants need there."""

    @abstractmethod
    def variants(self) -> Mapping[str, Callable[[], Costs]]:
        """Everything a round measures, by name; each measures itself once."""

    @abstractmethod
    def planted(self) -> Mapping[str, Callable[[], Costs]]:
        """The doors with a planted slow-down, by name; each in turns with the door that has none."""

    def stop(self) -> None:
        """The servers of `start`."""
        for server in self.web.values():
            server.stop()

    def round(self, number: int, only: str = "") -> Costs:
        """Every variant once, in an order of this round's own; then audit and oracle. Raises NoNumber."""
        print(f"  拥挤 crowding of the shared cache {quiet.crowding():.1f}", flush=True)
        order = [name for name in self.variants() if is_wanted(name, only)]
        random.Random(f"{self.plan.seed}/{number}").shuffle(order)
        found: Costs = {}
        for name in order:
            measured = self.variants()[name]()
            for part, cost in measured.items():
                print(f"  {part:<28}{cost.total_us:>10.1f} µs {cost.per_s:>10.0f}/s", flush=True)
            found |= measured
        for name, measure in self.planted().items():
            if is_wanted(name, only):
                found |= measure()
        self.audit()
        return found

    def audit(self) -> None:
        """Audit and oracle of every platform. Raises NoNumber on any breach."""
        for platform in self.platforms.values():
            platform.audit()

    def start_hellos(self) -> None:
        """B1: a Flask hello on granian, and on the platform's own web server command line."""
        ours = self.platforms[OURS]
        self.web["b1_granian"] = servers.granian(f"{APPS}.hello:application")
        self.web["b1_shipped"] = servers.like_shipped(
            ours.web_command(), f"{APPS}.hello:application", ours.settings()
        )

    def start_planted(self, *plants: str) -> None:
        """The platform's web server with something planted before it."""
        ours = self.platforms[OURS]
        for plant in plants:
            env = {**ours.settings(), "BENCH_APPLICATION": "wsgi:application", "BENCH_PLANT": plant}
            self.web[plant] = servers.like_shipped(ours.web_command(), f"{APPS}.planted:application", env)

    def start_naive(self, what: str) -> None:
        """The naive way, on the greenlet worker it would be deployed on, with a database of its own."""
        env = {"NAIVE_DATABASE_URL": self.postgres.database(what)}
        made = servers.step(["-c", f"import {APPS}.{what}"], {**env, "NAIVE_CREATE": "1"})
        if made:  # the tables, before two processes race for them
            raise NoNumber(f"{what}: its tables: {made}")
        self.web["b3"] = servers.gunicorn(f"{APPS}.{what}:application", env)

    def door(self, platform: Platform, plant: str = "") -> Door:
        """The platform's own, or the one with this plant."""
        if not plant:
            return Door(platform.port, platform.roots)
        return Door(self.web[plant].port, {**platform.roots, **self.web[plant].roots})

    def till_door(self, platform: Platform) -> Door:
        """The platform's own for tills, the one that its start command tells them (ADR 31)."""
        return Door(platform.till_port, platform.roots, gives_way=False)

    def naive_door(self) -> Door:
        """The naive way's, with its database."""
        naive = self.web["b3"]
        return Door(naive.port, {**naive.roots, "database": self.postgres.pid}, gives_way=naive.gives_way)

    def hello(self, name: str, path: str) -> Costs:
        """A bare answer, or one that Flask gives."""

        def shots(_first: int, count: int) -> Shots:
            return Shots("GET", path, count)

        server = self.web[name]
        door = Door(server.port, server.roots, gives_way=server.gives_way)
        return {name: self.measure(name, door, shots, CLIENTS, MOST_HELLOS)[0]}

    def measure(
        self,
        name: str,
        door: Door,
        shots: Callable[[int, int], Shots],
        clients: int,
        most: int,
        count: int = 0,
    ) -> tuple[Cost, Hits]:
        """Warm up, uncounted; then `count` requests, by default as many as fill the seconds, of `most` in all.

        `shots` makes those from the n-th on, beforehand: what that costs is nobody's.
        """
        warm_up = warm_up_of(clients)
        first = fire(door.port, shots(0, warm_up), clients, gives_way=door.gives_way)
        count = count or min(most - warm_up, max(4 * clients, int(first.per_s * self.plan.seconds)))
        due = shots(warm_up, count)
        crowding = quiet.crowding()
        meter = Meter(door.roots)
        hits = fire(door.port, due, clients, gives_way=door.gives_way)
        spent = {part: used * 1e6 / count for part, used in meter.spent_s().items()}
        self.hits[name] = hits
        self.crowding.append(max(crowding, quiet.crowding()))
        for status in {*first.statuses, *hits.statuses}:
            if status >= 500 or status == 429:
                raise NoNumber(f"{name}: {hits.statuses} {first.statuses}")
        total = {status: first.statuses.get(status, 0) + n for status, n in hits.statuses.items()}
        return Cost(spent, hits.per_s, hits.p50_us, hits.p99_us), Hits(
            {**first.statuses, **total},
            hits.seconds,
            hits.p50_us,
            hits.p90_us,
            hits.p99_us,
            hits.max_us,
            first.kept + hits.kept,
        )

    def in_turns(
        self,
        name: str,
        plant: str,
        shots: Callable[[Door, int, int], Shots],
        count: int,
        wanted: int,
    ) -> Costs:
        """A door with a plant, and one without, in turns: less than the moods of a machine would show.

        `shots` makes `count` requests for a door, from the n-th on; every answer must have the status `wanted`.
        """
        ours = self.platforms[OURS]
        doors = {f"{name}_{plant}": self.door(ours, plant), f"{name}_beside_{plant}": self.door(ours)}
        spent: dict[str, Counter[str]] = {each: Counter() for each in doors}
        for turn in range(-2, TURNS):  # the first two warm up
            each = (*doors, *reversed(doors))[turn % 4]
            due = shots(doors[each], (turn + 2) * count, count)
            meter = Meter(doors[each].roots)
            hits = fire(doors[each].port, due, CLIENTS, gives_way=doors[each].gives_way)
            if set(hits.statuses) != {wanted}:
                raise NoNumber(f"{each}: {hits.statuses}")
            if turn >= 0:
                spent[each].update(meter.spent_s())
        return {
            each: Cost({part: used * 2e6 / TURNS / count for part, used in parts.items()})
            for each, parts in spent.items()
        }


def warm_up_of(clients: int) -> int:
    """How many requests warm up, uncounted."""
    return WARM_UP_ONE if clients == 1 else WARM_UP


def need(name: str, hits: Hits, *statuses: int) -> None:
    """Raises NoNumber when there was another answer."""
    if not set(hits.statuses) <= set(statuses):
        raise NoNumber(f"{name}: {hits.statuses}")


class Extras(ABC):
    """What is no ratio of CPU. Collects values round by round; `results` are in the form of the JSON file."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.platform = bench, bench.platforms[OURS]
        self.values: dict[str, list[float]] = defaultdict(list)
        self.units: dict[str, str] = {}
        self.costs: list[Costs] = []
        self.stalls: dict[str, int] = {}

    @abstractmethod
    def every_round(self) -> Mapping[str, Callable[[], None]]:
        """What a round measures besides costs, by the names that `only` looks at."""

    @abstractmethod
    def at_the_end(self) -> Mapping[str, Callable[[], None]]:
        """What a run measures once."""

    def round(self, only: str) -> list[str]:
        """Measure; returns why something has no number. Raises NoNumber where the audit finds a breach."""
        one = [name for name in self.bench.hits if name.endswith("_1") or name in ("b0", "b1_shipped")]
        self.stalls = {name: self.bench.hits[name].p50_us for name in one}
        acts = {name: act for name, act in self.every_round().items() if is_wanted(name, only)}
        missing = [reason for name, act in acts.items() if (reason := self._measured(name, act))]
        if acts:
            self.platform.audit()
        return missing

    def _measured(self, name: str, act: Callable[[], None]) -> str:
        """What broke off has not counted to its end: its books are audited, but not by its own counts."""
        before = len(self.platform.releases)
        reason = _tried(name, act)
        if reason:
            del self.platform.releases[before:]
        return reason

    def once(self, only: str) -> list[str]:
        """Measure once, each audited. Returns why something was not measured."""
        self.bench.stop()  # their memories look into the platform's Redis, too
        acts = {name: act for name, act in self.at_the_end().items() if is_wanted(name, only)}
        return [reason for name, act in acts.items() if (reason := _tried(name, act, self.platform.audit))]

    def results(self) -> dict[str, dict[str, Any]]:
        """Median and range of everything collected."""
        return {name: spread(values, self.units[name]) for name, values in self.values.items()}

    def stalled(self) -> list[str]:
        """Keep-alive doors whose lonely client waits 40 ms for a delayed acknowledgement."""
        return [name for name, middle in self.stalls.items() if middle >= STALL_US]

    def add(self, name: str, value: float, unit: str = "ratio") -> None:
        """Another round's value."""
        self.values[name].append(value)
        self.units[name] = unit


def _tried(name: str, *acts: Callable[[], None]) -> str:
    try:
        for act in acts:
            act()
    except (NoNumber, Unexpected) as reason:
        return f"{name}: {reason}"
    return ""
