"""Claim, redeem, reverse whose COMMIT took effect but was never answered: one effect, one answer, true books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import once, sql
from app.ankang.display import display
from app.ankang.scan import Till
from app.cli.audit import findings
from app.domain.quote import Order
from app.gate.rebuild import rebuild
from app.vouchers.claim import claim
from app.vouchers.redeem import Request, redeem
from app.vouchers.reverse import reverse
from tests.kit import inside
from tests.kit.lossy import LossyWire
from tests.kit.servers import Postgres, RedisServer

TERMINAL = text(
    "SELECT t.id AS terminal_id, t.store_id, t.merchant_id, t.is_test, s.name AS store, m.name AS merchant"
    " FROM terminal t JOIN store s ON s.id = t.store_id JOIN merchant m ON m.id = t.merchant_id ORDER BY t.id LIMIT 1"
)


@dataclass(frozen=True)
class World:
    """The demo town on PostgreSQL, behind a wire that can lose replies."""

    app: Flask
    wire: LossyWire

    def one(self, query: str) -> Any:
        """The first value of a query."""
        with sql.reading() as session:
            return session.scalar(text(query))

    def broken(self) -> list[Any]:
        """What the audit finds."""
        return [finding for finding in findings() if finding[2]]

    def claim(self, key: str, citizen_no: int = 0) -> once.Answer:
        """A citizen claims from the first batch."""
        citizen = self.one(f"SELECT id FROM citizen ORDER BY id OFFSET {citizen_no}")
        batch = self.one("SELECT id FROM batch ORDER BY id")
        return claim(citizen, batch, once.Write(citizen, "claim", key, "same"))

    def till(self) -> Till:
        """The first shop's terminal."""
        with sql.reading() as session:
            return Till(**session.execute(TERMINAL).one()._mapping)

    def code_of(self, voucher_id: str) -> str:
        """A fresh code of the holder."""
        return display(self.one(f"SELECT citizen_id FROM voucher WHERE id = '{voucher_id}'"))[0].digits

    def redeem(self, voucher_id: str, code: str, order_no: str) -> once.Answer:
        """One order of 120 yuan; its number is the key too."""
        till = self.till()
        asked = Request(
            till=till,
            scan_token=None,
            code=code,
            voucher_ids=[voucher_id],
            order_no=order_no,
            order=Order(12_000),
        )
        return redeem(asked, once.Write(till.terminal_id, "redeem", order_no, "same"))

    def reverse(self, order_no: str, key: str) -> once.Answer:
        """The whole order back."""
        till = self.till()
        return reverse(till, order_no, once.Write(till.terminal_id, "reverse", key, "same"))


@pytest.fixture(scope="module")
def world(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A town of one process, its claim windows open."""
    clock = Path(tmp_path_factory.mktemp("lost")) / "offset"
    clock.write_text("0")
    redis, wire = RedisServer().start(), LossyWire(postgres.database("lost"))
    app = inside.migrated(inside.environment(wire.url, redis.url, CLOCK_OFFSET_FILE=str(clock)))
    seeded = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert seeded.exit_code == 0, seeded.output
    clock.write_text("60000")
    with app.test_request_context():
        world = World(app, wire)
        # else the first COMMIT of a claim would be that of its gate
        rebuild(world.one("SELECT MIN(id) FROM batch"))
        yield world
    inside.close(app)
    wire.close()
    redis.remove()


def test_a_claim_whose_commit_reply_is_lost_is_granted_once(world: World):
    """The citizen gets the voucher; stock, gate and money moved by one."""
    key, lost = token_hex(8), world.wire.lost
    world.wire.lose_the_next_commit_reply()
    answer = world.claim(key)
    assert world.wire.lost == lost + 1 and answer.replayed, "the second run finds what the first one did"
    assert world.claim(key).body == answer.body
    assert world.one("SELECT COUNT(*) FROM voucher") == world.one("SELECT SUM(claimed) FROM batch") == 1
    assert world.broken() == []


def test_an_order_whose_commit_replies_are_lost_is_redeemed_and_reversed_once(world: World):
    """One redemption, one subsidy; then one reversal, and the voucher is back."""
    voucher_id = world.claim(token_hex(8), citizen_no=1).object_id or ""
    order_no, key, lost = token_hex(8), token_hex(8), world.wire.lost
    code = world.code_of(voucher_id)
    world.wire.lose_the_next_commit_reply()
    receipt = world.redeem(voucher_id, code, order_no)
    assert world.wire.lost == lost + 1 and receipt.replayed
    assert world.redeem(voucher_id, code, order_no).body == receipt.body
    assert world.one("SELECT COUNT(*) FROM redemption") == 1
    assert world.one("SELECT SUM(amount_fen) FROM transfer WHERE credit = 'payable'") == 2_000

    world.wire.lose_the_next_commit_reply()
    undone = world.reverse(order_no, key)
    assert world.wire.lost == lost + 2 and undone.replayed
    assert world.reverse(order_no, key).body == undone.body
    assert undone.body["returned"] == [voucher_id]
    assert world.one("SELECT COUNT(*) FROM transfer WHERE kind = 'reverse'") == 1
    assert world.one(f"SELECT status FROM voucher WHERE id = '{voucher_id}'") == "issued"
    assert world.broken() == []
