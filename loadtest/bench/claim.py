"""The variants of `make bench-claim`, each a function that measures itself once; a round is all of them, shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import psycopg

from loadtest.bench import rounds, servers
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import NoNumber, Shots, fire
from loadtest.bench.platform import Platform, Release, wait_until
from loadtest.bench.ratios import Cost
from loadtest.bench.rounds import APPS, CLIENTS, OURS, TURNS, WARM_UP, Costs, Door

# Each turn so many claims long at most.
CLAIMS_A_TURN = 1_250


@dataclass(frozen=True)
class Plan(rounds.Plan):
    """Besides: attempts of P3 a round."""

    attempts: int


@dataclass
class Bench(rounds.Bench):
    """Everything that runs while claims are measured."""

    plan: Plan
    refusals: dict[str, Release] = field(default_factory=dict)

    def start(self) -> None:
        """The baselines' servers, the platform's with something planted, and the batches that refuse."""
        ours = self.platforms[OURS]
        self.web["b0"] = servers.granian(f"{APPS}.hello:bare")
        self.start_hellos()
        self.start_naive("naive")
        self.start_planted("sleep", "trip", "group_trip", "alone")
        self.refusals = {"not_yet": ours.release(100, opens_in_s=12 * 3600), "sold_out": self._sold_out(ours)}

    def variants(self) -> Mapping[str, Callable[[], Costs]]:
        """Everything a round measures."""
        found: dict[str, Callable[[], Costs]] = {
            "b0": partial(self.hello, "b0", "/"),
            "b1_granian": partial(self.hello, "b1_granian", "/hello"),
            "b1_shipped": partial(self.hello, "b1_shipped", "/hello"),
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

    def planted(self) -> Mapping[str, Callable[[], Costs]]:
        """Before a refusal the 20 µs and the round trip, before a claim the round trip."""
        return {
            "sold_out_sleep": partial(self._refused_in_turns, "sleep"),
            "sold_out_trip": partial(self._refused_in_turns, "trip"),
            "claim_group_trip": self._claimed_in_turns,
        }

    def _naive(self) -> Costs:
        with psycopg.connect(self.postgres.address("naive")) as connection:
            found = connection.execute(
                "INSERT INTO naive_batch (stock) VALUES (1000000) RETURNING id"
            ).fetchone()
        assert found is not None
        tokens = self.platforms[OURS].tokens

        def shots(first: int, count: int) -> Shots:
            return Shots("POST", f"/batches/{found[0]}/claims", count, tokens, first, "n-")

        return {"b3": self.measure("b3", self.naive_door(), shots, CLIENTS, self.plan.citizens)[0]}

    def _refused(self, which: str) -> Costs:
        platform, release = self.platforms[OURS], self.refusals[which]
        shots = partial(release.shots, platform.tokens)
        most = self.plan.citizens - WARM_UP
        cost, hits = self.measure(which, self.door(platform), shots, CLIENTS, most)
        if min(hits.statuses) < 400:
            raise NoNumber(f"{which}: {hits.statuses}")
        return {which: cost}

    def _claim(self, database: str, clients: int, plant: str = "") -> Costs:
        platform = self.platforms[database]
        release = platform.release(self.plan.citizens)
        wait_until(release.opens_at)
        name = f"claim_{database}_{clients}" + (f"_{plant}" if plant else "")
        shots = partial(release.shots, platform.tokens)
        cost, hits = self.measure(name, self.door(platform, plant), shots, clients, self.plan.citizens)
        rounds.need(name, hits, 201)
        release.granted = release.sent = hits.statuses[201]
        return {name: cost}

    def _refused_in_turns(self, plant: str) -> Costs:
        release, tokens = self.refusals["sold_out"], self.platforms[OURS].tokens
        count = self.plan.citizens // (TURNS + 2)

        def shots(_door: Door, _first: int, count: int) -> Shots:
            return release.shots(tokens, 0, count)

        return self.in_turns("sold_out", plant, shots, count, 409)

    def _claimed_in_turns(self) -> Costs:
        platform = self.platforms[OURS]
        count = min(CLAIMS_A_TURN, self.plan.citizens // (TURNS + 2))
        release = platform.release(self.plan.citizens)
        wait_until(release.opens_at)

        def shots(_door: Door, first: int, count: int) -> Shots:
            return release.shots(platform.tokens, first, count)

        found = self.in_turns("claim", "group_trip", shots, count, 201)
        release.granted += (TURNS + 2) * count
        return found

    def _million(self) -> Costs:
        platform, attempts = self.platforms[OURS], self.plan.attempts
        release = platform.release(attempts // 10)
        wait_until(release.opens_at)
        shots = release.shots(platform.tokens, 0, attempts)
        meter = Meter(platform.roots)
        hits = fire(platform.port, shots, CLIENTS)
        spent = {part: used * 1e6 / attempts for part, used in meter.spent_s().items()}
        release.granted, release.sent = hits.statuses.get(201, 0), attempts
        return {"million": Cost(spent, hits.per_s, hits.p50_us, hits.p99_us)}

    def _sold_out(self, platform: Platform) -> Release:
        """The last citizens take all there is."""
        release = platform.release(CLIENTS)
        wait_until(release.opens_at)
        first = self.plan.citizens - CLIENTS
        hits = fire(platform.port, release.shots(platform.tokens, first, CLIENTS), CLIENTS)
        release.granted, release.sent = hits.statuses.get(201, 0), CLIENTS
        return release
