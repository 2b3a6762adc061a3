"""A town in which anything may happen next: claims, orders, refunds, reversals, hours that pass, roll-ups."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from sqlalchemy import text

from app import once, sql
from app.ankang.scan import Till
from app.citizen.displays import display_code
from app.cli.demo import small
from app.domain.quote import Order
from app.domain.refusals import Refused
from app.gate.rebuild import rebuild
from app.vouchers.claim import claim
from app.vouchers.expire import expire_due
from app.vouchers.redeem import redeem
from app.vouchers.redeeming import Request
from app.vouchers.reverse import Asked, reverse
from campaigns.rollups.fold import fold
from tests.kit.world import TERMINAL, World

HOUR_MS = 3_600_000
DAYS = 12  # in all: batches can be claimed from for seven, vouchers used for seven more


@dataclass
class RandomTown:
    """One campaign with two batches, two shops, as many citizens as come; `seed` decides what happens."""

    world: World
    seed: int
    size: int
    holders: dict[str, list[str]] = field(default_factory=dict)
    orders: list[tuple[Till, str, int]] = field(default_factory=list)
    done: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        small.approved(
            {"name": "统计", "budget_fen": 7_000 * self.size * 2, "is_test": False},
            {"stock": self.size, "person_limit": 3},
        )
        self.campaign_id = str(self.world.one("SELECT id FROM campaign WHERE name = '统计' ORDER BY id DESC"))
        self.batches = self._column(
            "SELECT id FROM batch WHERE campaign_id = :c ORDER BY id", c=self.campaign_id
        )
        self.pass_time(60_000)
        for batch_id in self.batches:
            rebuild(batch_id)
        tills = str(TERMINAL.text).replace(" ORDER BY t.id LIMIT 1", " WHERE NOT t.is_test ORDER BY t.id")
        with sql.reading() as session:
            self.tills = [Till(**row._mapping) for row in session.execute(text(tills))]
        self.citizens = self.world.newcomers(
            [7_000_000 + self.seed * 100_000 + n for n in range(self.size // 4 + 4)]
        )

    def _column(self, query: str, **values: Any) -> list[str]:
        with sql.reading() as session:
            return [str(value) for value in session.scalars(text(query), values)]

    def pass_time(self, ms: int) -> None:
        """The clock of the whole town."""
        moved = self.world.app.extensions["clock_offset_file"]
        moved.write_text(str(int(moved.read_text()) + ms))

    def step(self) -> None:
        """One thing happens, or is refused."""
        acts: list[Callable[[], Any]] = [
            self.claim,
            self.order,
            self.refund,
            self.reverse,
            self.hours_pass,
            expire_due,
            fold,
        ]
        (act,) = self.dice.choices(acts, weights=[40, 32, 12, 8, 3, 2, 6])
        try:
            act()
            self.done += 1
        except Refused:
            self.refused += 1

    def hours_pass(self) -> None:
        """So many that all of them together make the town's days."""
        self.pass_time(self.dice.randint(1, 2 * DAYS * 24 * HOUR_MS // max(self.size * 9 // 100, 1)))

    def claim(self) -> None:
        """Somebody claims from one of the batches."""
        citizen, batch = self.dice.choice(self.citizens), self.dice.choice(self.batches)
        granted = claim(citizen, batch, once.Write(citizen, "claim", token_hex(8), "same"))
        self.holders.setdefault(citizen, []).append(str(granted.object_id))

    def order(self) -> None:
        """Somebody pays an order with one or two vouchers."""
        if not self.holders:
            return
        citizen = self.dice.choice(list(self.holders))
        till, fen, order_no = self.dice.choice(self.tills), self.dice.randint(20_000, 60_000), token_hex(8)
        vouchers = self.dice.sample(
            self.holders[citizen], min(len(self.holders[citizen]), self.dice.randint(1, 2))
        )
        code = display_code(citizen)[0].digits
        asked = Request(till, None, code, vouchers, order_no, Order(fen), is_confirmed=True)
        redeem(asked, once.Write(till.terminal_id, "redeem", order_no, "same"))
        self.orders.append((till, order_no, fen))

    def refund(self) -> None:
        """A part of an order goes back: some fen, or much of it."""
        if self.orders:
            till, order_no, fen = self.dice.choice(self.orders)
            part = self.dice.choice([self.dice.randint(1, 9), self.dice.randint(1, fen // 2)])
            self._back(till, Asked(order_no, "退货", part))

    def reverse(self) -> None:
        """A whole order, or what is left of it, goes back."""
        if self.orders:
            till, order_no, _ = self.dice.choice(self.orders)
            self._back(till, Asked(order_no, "退货"))

    def _back(self, till: Till, asked: Asked) -> None:
        reverse(till, asked, once.Write(till.terminal_id, "reverse", token_hex(8), "same"))
