"""The demo town inside the test's own process: one process of the platform, its use cases called directly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, text

from app import clock, once, sql
from app.ankang import apply
from app.ankang.counters import raise_counter
from app.ankang.scan import Till
from app.citizen.displays import display_code
from app.cli.audit import findings
from app.cli.seed import person
from app.domain.quote import Order
from app.events import relay
from app.gate.rebuild import rebuild
from app.models import Citizen
from app.vouchers.claim import claim
from app.vouchers.redeem import redeem
from app.vouchers.redeeming import Request
from app.vouchers.reverse import Asked, reverse
from merchant_api.scans import scan_code
from tests.kit import inside

TERMINAL = text(
    "SELECT t.id AS terminal_id, t.store_id, t.merchant_id, t.is_test, s.name AS store, m.name AS merchant,"
    " m.category, s.area"
    " FROM terminal t JOIN store s ON s.id = t.store_id JOIN merchant m ON m.id = t.merchant_id ORDER BY t.id LIMIT 1"
)


@dataclass(frozen=True)
class World:
    """Who and what is there; batches are the demo's two."""

    app: Flask

    def one(self, query: str, **values: Any) -> Any:
        """The first value of a query."""
        with sql.reading() as session:
            return session.scalar(text(query), values)

    def do(self, statement: str, **values: Any) -> None:
        """Change rows behind the platform's back."""
        sql.write(lambda session: session.execute(text(statement), values))

    def broken(self) -> list[Any]:
        """What the audit finds."""
        relay.run()
        return [finding for finding in findings() if finding[2]]

    def batch(self) -> str:
        """The first batch."""
        return str(self.one("SELECT id FROM batch ORDER BY id"))

    def citizen(self, number: int = 0) -> str:
        """One of those who have applied."""
        return str(self.one("SELECT id FROM citizen ORDER BY id LIMIT 1 OFFSET :number", number=number))

    def newcomers(self, numbers: Sequence[int]) -> list[str]:
        """More citizens, as many as there are numbers."""
        at = clock.now()
        rows = [apply.sealed(person(number), at) for number in numbers]

        def register(session: Any) -> None:
            session.execute(insert(Citizen.__table__), rows)  # type: ignore[arg-type]
            raise_counter(session, at, "applied", times=len(rows))

        sql.write(register)
        return [str(row["id"]) for row in rows]

    def claim(self, key: str, citizen_no: int = 0) -> once.Answer:
        """A citizen claims from the first batch."""
        citizen = self.citizen(citizen_no)
        return claim(citizen, self.batch(), once.Write(citizen, "claim", key, "same"))

    def till(self) -> Till:
        """The first shop's terminal."""
        with sql.reading() as session:
            return Till(**session.execute(TERMINAL).one()._mapping)

    def code_of(self, voucher_id: str) -> str:
        """A fresh code of the holder."""
        return display_code(self.one("SELECT citizen_id FROM voucher WHERE id = :id", id=voucher_id))[
            0
        ].digits

    def scan(self, code: str, key: str) -> once.Answer:
        """Read a code at the till, with a quote for 120 yuan."""
        till = self.till()
        return scan_code(
            till, code, "voucher", Order(12_000), once.Write(till.terminal_id, "scan", key, "same")
        )

    def order(self, voucher_id: str, code: str, order_no: str) -> tuple[Request, once.Write]:
        """One order of 120 yuan, paid by a code; its number is the key too."""
        till = self.till()
        asked = Request(
            till=till,
            scan_token=None,
            code=code,
            voucher_ids=[voucher_id],
            order_no=order_no,
            order=Order(12_000),
        )
        return asked, once.Write(till.terminal_id, "redeem", order_no, "same")

    def redeem(self, voucher_id: str, code: str, order_no: str) -> once.Answer:
        """Pay that order."""
        return redeem(*self.order(voucher_id, code, order_no))

    def reverse(self, order_no: str, key: str) -> once.Answer:
        """The whole order back."""
        till = self.till()
        return reverse(till, Asked(order_no, "退货"), once.Write(till.terminal_id, "reverse", key, "same"))


@contextmanager
def open_world(database_url: str, redis_url: str, home: Path) -> Iterator[World]:
    """A town of one process, its claim windows open; the block runs inside a request."""
    moved = home / "offset"
    moved.write_text("0")
    app = inside.migrated(inside.environment(database_url, redis_url, CLOCK_OFFSET_FILE=str(moved)))
    seeded = app.test_cli_runner().invoke(args=["demo", "seed", "--small"])
    assert seeded.exit_code == 0, seeded.output
    moved.write_text("60000")
    try:
        with app.test_request_context():
            world = World(app)
            # else the first COMMIT of a claim would be that of its gate
            rebuild(world.batch())
            yield world
    finally:
        inside.close(app)
