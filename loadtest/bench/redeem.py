"""The variants of `make bench-redeem`, each a function that measures itself once; a round is all of them, shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import psycopg

from loadtest.bench import rounds
from loadtest.bench.fire import HOST, NoNumber, Shots
from loadtest.bench.ratios import both
from loadtest.bench.rounds import CLIENTS, OURS, TURNS, Costs, Door, need, warm_up_of
from loadtest.bench.till import LEAST_FEN, Shops

# What is shown is scanned within a minute, and redeemed within three, also where that is slow.
MOST_ORDERS = 5_000
ORDERS_A_TURN = 250
UNSIGNED_A_TURN = 2_000
MOST_READS = 20_000


@dataclass(frozen=True)
class Plan(rounds.Plan):
    """Besides: how long a claim storm lasts, and quiet beside it (s)."""

    storm_s: float


@dataclass
class Bench(rounds.Bench):
    """Everything that runs while redemptions are measured."""

    plan: Plan
    shops: dict[str, Shops] = field(default_factory=dict)

    def start(self) -> None:
        """The baselines' servers, the platform's with something planted, and the tills."""
        self.start_hellos()
        self.start_naive("naive_redeem")
        self.start_planted("sleep", "group_trip")
        self.shops = {name: Shops(platform, self.plan.citizens) for name, platform in self.platforms.items()}

    def variants(self) -> Mapping[str, Callable[[], Costs]]:
        """Everything a round measures."""
        found: dict[str, Callable[[], Costs]] = {
            "b1_granian": partial(self.hello, "b1_granian", "/hello"),
            "b1_shipped": partial(self.hello, "b1_shipped", "/hello"),
            "b3": self._naive,
            "unsigned": self._unsigned,
            "signed": self._signed,
        }
        for database in self.platforms:
            for clients in (CLIENTS, 1):
                found[f"two_calls_{database}_{clients}"] = partial(self._two_calls, database, clients)
                found[f"one_call_{database}_{clients}"] = partial(self._one_call, database, clients)
                found[f"display_{database}_{clients}"] = partial(self._display, database, clients)
        return found

    def planted(self) -> Mapping[str, Callable[[], Costs]]:
        """Before the cheapest answer of a till's door the 20 µs, before a redemption the round trip."""
        return {"unsigned_sleep": self._unsigned_in_turns, "redeem_group_trip": self._redeemed_in_turns}

    @property
    def most_orders(self) -> int:
        """Of one line."""
        return min(MOST_ORDERS, self.plan.citizens)

    def _naive(self) -> Costs:
        """Each voucher by one request, as ours."""
        with psycopg.connect(self.postgres.address("naive_redeem")) as connection:
            ids = connection.execute(
                "INSERT INTO naive_voucher (status) SELECT 'issued' FROM generate_series(1, %s) RETURNING id",
                [self.most_orders],
            ).fetchall()
        door = self.naive_door()

        def shots(first: int, count: int) -> Shots:
            return self.shops[OURS].written(
                _naive_request(door.port, voucher_id) for (voucher_id,) in ids[first : first + count]
            )

        cost, hits = self.measure("b3", door, shots, CLIENTS, self.most_orders)
        need("b3", hits, 201)
        return {"b3": cost}

    def _unsigned(self) -> Costs:
        door = self.door(self.platforms[OURS])
        cost, hits = self.measure("unsigned", door, self.shops[OURS].unsigned, CLIENTS, MOST_READS)
        need("unsigned", hits, 401)
        return {"unsigned": cost}

    def _signed(self) -> Costs:
        door = self.door(self.platforms[OURS])
        shots = partial(self.shops[OURS].read, door.port)
        cost, hits = self.measure("signed", door, shots, CLIENTS, MOST_READS)
        need("signed", hits, 404)
        return {"signed": cost}

    def _two_calls(self, database: str, clients: int) -> Costs:
        """Scans of a line, then the redemptions of the very same customers."""
        door, line = self.till_door(self.platforms[database]), self.shops[database].line(self.most_orders)
        scan, redeem = f"scan_{database}_{clients}", f"redeem_{database}_{clients}"
        first, hits = self.measure(scan, door, partial(line.scans, door), clients, self.most_orders)
        need(scan, hits, 201)
        line.take_in(hits.kept)
        count = hits.answers - warm_up_of(clients)
        shots = partial(line.redemptions, door)
        second, hits = self.measure(redeem, door, shots, clients, self.most_orders, count)
        line.release.redeemed += hits.statuses.get(201, 0)
        need(redeem, hits, 201)
        return {scan: first, redeem: second, f"two_calls_{database}_{clients}": both(first, second)}

    def _one_call(self, database: str, clients: int) -> Costs:
        """Redemptions that bring the code themselves."""
        door, line = self.till_door(self.platforms[database]), self.shops[database].line(self.most_orders)
        name = f"one_call_{database}_{clients}"
        cost, hits = self.measure(name, door, partial(line.calls, door), clients, self.most_orders)
        line.release.redeemed += hits.statuses.get(201, 0)
        need(name, hits, 201)
        return {name: cost}

    def _display(self, database: str, clients: int) -> Costs:
        """Every answer another code."""
        name, door = f"display_{database}_{clients}", self.door(self.platforms[database])
        cost, hits = self.measure(name, door, self.shops[database].displays, clients, self.plan.citizens)
        need(name, hits, 201)
        if len(set(hits.kept)) != hits.answers:
            raise NoNumber(f"{name}: {hits.answers} displays, {len(set(hits.kept))} codes")
        return {name: cost}

    def _unsigned_in_turns(self) -> Costs:
        def shots(_door: Door, first: int, count: int) -> Shots:
            return self.shops[OURS].unsigned(first, count)

        return self.in_turns("unsigned", "sleep", shots, UNSIGNED_A_TURN, 401)

    def _redeemed_in_turns(self) -> Costs:
        count = min(ORDERS_A_TURN, self.plan.citizens // (TURNS + 2))
        line = self.shops[OURS].line((TURNS + 2) * count)
        line.scan((TURNS + 2) * count)
        found = self.in_turns("redeem", "group_trip", line.redemptions, count, 201)
        line.release.redeemed += (TURNS + 2) * count
        return found


def _naive_request(port: int, voucher_id: int) -> str:
    body = f'{{"order_no": "B-{voucher_id}", "gross_fen": {LEAST_FEN}}}'
    head = f"POST /vouchers/{voucher_id}/redemptions HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
