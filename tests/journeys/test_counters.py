"""The three counters of the code: applied, displayed, verified, by day, purpose and reason."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.conftest import Staffed

SHANGHAI = timezone(timedelta(hours=8))

# Of tests nothing is told: made-up customers, and what test terminals read.
REAL = "{} NOT IN (SELECT c.citizen_id FROM sandbox_citizen c)"
LIVE_SCANS = (
    "SELECT s.scanned_at AS at, s.purpose, s.result FROM scan s JOIN terminal t ON t.id = s.terminal_id"
    " WHERE NOT t.is_test"
)


def day(at: int) -> str:
    """The Shanghai day of an instant."""
    return datetime.fromtimestamp(at / 1000, SHANGHAI).date().isoformat()


def recount(here: Staffed) -> Counter[tuple[str, str, str, str]]:
    """What the rows say: one of (day, event, purpose, reason) for each citizen, handle and scan."""
    town = here.town
    applied = (
        (day(row["at"]), "applied", "", "")
        for row in town.rows(f"SELECT applied_at AS at FROM citizen WHERE {REAL.format('id')}")
    )
    displayed = (
        (day(row["at"]), "displayed", "", "")
        for row in town.rows(f"SELECT displayed_at AS at FROM code_handle WHERE {REAL.format('citizen_id')}")
    )
    verified = ((day(row["at"]), "verified", row["purpose"], row["result"]) for row in town.rows(LIVE_SCANS))
    return Counter([*applied, *displayed, *verified])


def told(counters: dict[str, Any]) -> Counter[tuple[str, str, str, str]]:
    """What the API says, by day."""
    return Counter(
        {
            (row["day"], row["event"], row["purpose"], row["reason"]): row["count"]
            for row in counters["by_day"]
        }
    )


def test_the_three_counters_equal_a_recount_of_rows(here: Staffed):
    """After scans of both purposes, refusals of three kinds, and a day that passed in between."""
    citizen, shop, other = here.citizen(), here.shop(), here.shop()
    before = here.zhao.get("/ankang-code/counters")
    code, old = citizen.show(), citizen.show()
    shop.scan(code)
    other.scan(code)
    shop.scan("8" * 20)
    here.town.advance(100_000)
    shop.scan(old, purpose="identity")
    here.town.advance(86_400_000)
    here.citizen()
    shop.scan(citizen.show(), purpose="identity")
    after = here.zhao.get("/ankang-code/counters")
    assert told(after) == recount(here)
    assert after["applied"] - before["applied"] == 1
    assert after["displayed"] - before["displayed"] == 3
    assert after["verified"]["accepted"] - before["verified"]["accepted"] == 2
    grown = {
        reason: count - before["verified"]["refused"].get(reason, 0)
        for reason, count in after["verified"]["refused"].items()
    }
    assert {reason: by for reason, by in grown.items() if by} == {
        "code_consumed": 1,
        "code_invalid": 1,
        "code_expired": 1,
    }
    today = day(here.town.now())
    only = here.zhao.get(f"/ankang-code/counters?from={today}&to={today}")
    assert {row["day"] for row in only["by_day"]} == {today}
    assert (only["applied"], only["displayed"]) == (1, 1)
