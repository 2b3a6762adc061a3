"""What keeps a sheet of paper from paying again, taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.sql import beside_indexes
from tests.mutants.kinds import Breach, Cut, Fence, Swap

PAPER = "app.ankang.paper"


def never(_: Any) -> Callable[..., None]:
    """Nothing is wrong with any sheet."""
    return lambda *_: None


BREACHES: tuple[Breach, ...] = (
    Breach(
        "a sheet pays twice",
        frozenset({"I11"}),
        "SELECT s.sheet_id FROM scan s JOIN redemption r ON r.scan_id = s.id WHERE s.sheet_id IS NOT NULL"
        " GROUP BY s.sheet_id HAVING COUNT(*) > 1",
        (
            Fence(
                "the state of the locked sheet",
                (Swap(PAPER, "require", never), Swap(PAPER, "why_not", never)),
            ),
            Fence(
                "used once in the statement",
                (Cut(PAPER, "USE", f" AND {beside_indexes('paper_sheet.state')} = 'valid'"),),
            ),
        ),
    ),
)
