"""A campaign's figures cut one way: what a plot draws of them, and the table that says all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.pages import catalogue

Row = dict[str, Any]
FLOWS = ("claimed", "expired", "verified_vouchers", "subsidy_fen", "direct_fen", "leverage")
AT_STORES = ("redemptions", "reversed", "verified_vouchers", "subsidy_fen", "direct_fen", "leverage")
MOST_BARS = 12


@dataclass(frozen=True)
class Cut:
    """`bars` are drawn, `rows` stand in the table, each with its label.

    A row is the JSON door's; an hour or a day without one is drawn as nothing. `lies`: bars go from left to right.
    """

    name: str
    bars: Sequence[tuple[str, Row]]
    rows: Sequence[tuple[str, Row]]
    drawn: tuple[str, ...]
    columns: tuple[str, ...]
    lies: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing would be seen."""
        return not any(row.get(name) for _, row in self.bars for name in self.drawn)

    @property
    def for_script(self) -> Row:
        """What `plot.js` draws; money in yuan."""
        series = [
            {
                "name": catalogue.t(f"console.numbers.of.{name}"),
                "values": [_drawn(name, row.get(name) or 0) for _, row in self.bars],
                "money": name.endswith("_fen"),
            }
            for name in self.drawn
        ]
        return {"labels": [label for label, _ in self.bars], "lies": self.lies, "series": series}


def _drawn(name: str, value: float) -> float:
    return value / 100 if name.endswith("_fen") else value


def by_day(shown: Row, drawn: tuple[str, ...] = ("claimed", "verified_vouchers")) -> Cut:
    """Shanghai days on which something happened."""
    rows = [(row["day"], row) for row in shown["by_day"]]
    return Cut("by_day", [(day[5:], row) for day, row in rows], rows, drawn, FLOWS)


def by_hour(shown: Row, drawn: tuple[str, ...] = ("claimed", "verified_vouchers")) -> Cut:
    """All hours of a day."""
    there = {row["hour"]: row for row in shown["by_hour"]}
    rows = [(f"{hour:02d}:00", row) for hour, row in there.items()]
    return Cut("by_hour", [(f"{hour:02d}", there.get(hour, {})) for hour in range(24)], rows, drawn, FLOWS)


def by_weekday(shown: Row) -> Cut:
    """All days of a week."""
    there = {row["weekday"]: row for row in shown["by_weekday"]}
    names = {number: catalogue.t(f"console.numbers.weekday.{number}") for number in range(1, 8)}
    bars = [(name, there.get(number, {})) for number, name in names.items()]
    rows = [(names[number], row) for number, row in there.items()]
    return Cut("by_weekday", bars, rows, ("claimed", "verified_vouchers"), FLOWS)


def by_place(shown: Row, name: str, drawn: str = "subsidy_fen") -> Cut:
    """By `area`, `category` or `store`; the dozen with the most are drawn."""
    rows = [(_called(row, name), row) for row in shown[f"by_{name}"]]
    most = sorted(rows, key=lambda each: -each[1][drawn])[:MOST_BARS]
    return Cut(f"by_{name}", most, rows, (drawn,), AT_STORES, lies=True)


def _called(row: Row, name: str) -> str:
    if name == "store":
        return f"{row['merchant']} · {row['store']}"
    return row[name] or catalogue.t("console.numbers.unnamed")


def funnel(shown: Row) -> Cut:
    """From a code displayed to a voucher redeemed."""
    steps = shown["funnel"] or {}
    names = [name for name in ("displayed", "scanned", "quoted", "redeemed") if name in steps]
    rows = [(catalogue.t(f"console.numbers.step.{name}"), {"times": steps[name]}) for name in names]
    return Cut("funnel", rows, rows, ("times",), ("times",), lies=True)
