"""The shipped load test with small shapes of its own, in a process of its own: Locust patches all sockets there.

With `tamper` as its first argument, a row of the stock is changed behind the platform's back before the audit.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from sqlalchemy import create_engine, text

from loadtest.__main__ import main
from loadtest.replay.house import House
from loadtest.shapes import SHAPES, Shape, Stage

SMALL = Shape(
    name="SMALL",
    vouchers=40,
    tills=2,
    walk_s=(1, 6.5),
    stages=(Stage("opening", 4, 80), Stage("latecomers", 6, 20)),
)
# For what does not depend on the storm: as many vouchers, and it is soon over.
BRIEF = replace(
    SMALL,
    name="BRIEF",
    walk_s=(0.5, 2),
    stages=(Stage("opening", 2, 50), Stage("latecomers", 1, 10)),
)


class Tampered(House):
    """Somebody takes one voucher out of the batch's count, and puts it back once the audit has been there."""

    def flask(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Change the row for as long as the audit runs."""
        if arguments != ("audit",):
            return super().flask(*arguments, stdin=stdin)
        self._count(SMALL.vouchers, SMALL.vouchers - 1)
        try:
            return super().flask(*arguments, stdin=stdin)
        finally:
            self._count(SMALL.vouchers - 1, SMALL.vouchers)

    def _count(self, claimed: int, instead: int) -> None:
        statement = text("UPDATE batch SET claimed = :instead WHERE claimed = :claimed AND stock = :stock")
        values = {"claimed": claimed, "instead": instead, "stock": SMALL.vouchers}
        with create_engine(self.settings()["DATABASE_URL"]).begin() as connection:
            connection.execute(statement, values)


if __name__ == "__main__":
    SHAPES.update({shape.name: shape for shape in (SMALL, BRIEF)})
    tampering = sys.argv[1:2] == ["tamper"]
    del sys.argv[1 : 1 + tampering]
    sys.exit(main(Tampered if tampering else House))
