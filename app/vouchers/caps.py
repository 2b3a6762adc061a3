"""Daily caps (日限额): what a campaign's vouchers pay in one Shanghai day, in all, per citizen, terminal and merchant.

A cap that is not set counts nothing. The counters are locked before anything is decided, in the order of their primary
key; the UPDATE's condition and the row's own CHECK (used <= cap) are the fences. They are fixed with the campaign's
approval, so what is given back was counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang.scan import Till
from app.domain.refusals import Refusal, Refused

# What the campaigns set for these payers and days, one row a cap.
_WANTED = (
    "WITH asked AS (SELECT DISTINCT c.id AS campaign_id, item.citizen_id, item.terminal_id, item.merchant_id, item.day,"
    " c.day_subsidy_fen, c.citizen_day_fen, c.terminal_day_fen, c.merchant_day_fen FROM {items}"
    " JOIN campaign c ON c.id = item.campaign_id), wanted AS ("
    "SELECT 'day_subsidy' AS kind, campaign_id AS scope_id, '' AS subject_id, day, day_subsidy_fen AS cap FROM asked"
    " UNION ALL SELECT 'citizen_day', campaign_id, citizen_id, day, citizen_day_fen FROM asked"
    " UNION ALL SELECT 'terminal_day', campaign_id, terminal_id, day, terminal_day_fen FROM asked"
    " UNION ALL SELECT 'merchant_day', campaign_id, merchant_id, day, merchant_day_fen FROM asked)"
)
_ASKED = dict.fromkeys(("campaign_id", "citizen_id", "terminal_id", "merchant_id", "day"), "text")
LOOK = sql.SetWise(
    f"{_WANTED} SELECT DISTINCT wanted.kind, wanted.scope_id, wanted.subject_id, wanted.day,"
    " wanted.cap - COALESCE(n.used, 0) AS left_fen"
    " FROM wanted LEFT JOIN counter n ON n.kind = wanted.kind AND n.scope_id = wanted.scope_id"
    " AND n.subject_id = wanted.subject_id AND n.day = wanted.day WHERE wanted.cap IS NOT NULL",
    **_ASKED,
)
HOLD = sql.SetWise(
    f"{_WANTED} INSERT INTO counter (kind, scope_id, subject_id, day, used, cap)"
    " SELECT DISTINCT kind, scope_id, subject_id, day, 0, cap FROM wanted WHERE cap IS NOT NULL"
    " ORDER BY kind, scope_id, subject_id, day"
    " ON CONFLICT (kind, scope_id, subject_id, day) DO UPDATE SET cap = excluded.cap"
    " RETURNING kind, scope_id, subject_id, day, cap - used AS left_fen",
    **_ASKED,
)
COUNTER = {"kind": "text", "scope_id": "text", "subject_id": "text", "day": "text", "fen": "bigint"}
_OF_ITEM = " AND ".join(f"counter.{column} = item.{column}" for column in COUNTER if column != "fen")
SPEND = sql.SetWise(
    f"UPDATE counter SET used = used + item.fen FROM {{items}} WHERE {_OF_ITEM}"
    " AND counter.used + item.fen <= counter.cap",
    **COUNTER,
)
GIVE_BACK = sql.SetWise(
    f"UPDATE counter SET used = used - item.fen FROM {{items}} WHERE {_OF_ITEM} AND counter.used >= item.fen",
    **COUNTER,
)
# In the order in which their refusals are told.
CAPS = {
    "day_subsidy": Refusal.BUDGET_EXHAUSTED,
    "merchant_day": Refusal.MERCHANT_CAP,
    "terminal_day": Refusal.TERMINAL_CAP,
    "citizen_day": Refusal.CITIZEN_CAP,
}
Name = tuple[str, str, str, str]  # kind, campaign, subject, day


class Payer(NamedTuple):
    """Whose vouchers pay, at which till, on which Shanghai day (`2026-10-01`)."""

    citizen_id: str
    terminal_id: str
    merchant_id: str
    day: str

    def names(self, campaign_id: str) -> Iterable[Name]:
        """The counters of this campaign that may have a cap."""
        subjects = ("", self.merchant_id, self.terminal_id, self.citizen_id)
        return [(kind, campaign_id, subject, self.day) for kind, subject in zip(CAPS, subjects, strict=True)]


def payer(till: Till, citizen_id: str, at: int) -> Payer:
    """Who pays at this till at this instant (epoch ms)."""
    return Payer(citizen_id, till.terminal_id, till.merchant_id, clock.day(at))


class Left:
    """What counters leave, in fen, and what has been taken of it since."""

    def __init__(self, left_fen: Mapping[Name, int]) -> None:
        self._left_fen = dict(left_fen)
        self._taken: Counter[Name] = Counter()

    def take(self, payer: Payer, subsidies: Mapping[str, int]) -> None:
        """Take these subsidies, by campaign, or nothing. Raises Refused where a cap leaves less."""
        for campaign_id, fen in subsidies.items():
            refused = self.why_not(payer, campaign_id, fen)
            if refused is not None:
                raise refused
        wanted = [(name, fen) for campaign_id, fen in subsidies.items() for name in payer.names(campaign_id)]
        for name, fen in wanted:
            if name in self._left_fen:
                self._left_fen[name] -= fen
                self._taken[name] += fen

    def why_not(self, payer: Payer, campaign_id: str, fen: int) -> Refused | None:
        """The cap that leaves less than this subsidy; None where all allow it."""
        for name in payer.names(campaign_id):
            left_fen = self._left_fen.get(name, fen)
            if left_fen < fen:
                return Refused(CAPS[name[0]], left_fen=left_fen)
        return None

    def spend(self, session: Session) -> None:
        """Write what was taken. Raises LostRace where a fence has closed since."""
        rows = _rows(self._taken)
        SPEND.must(session, rows, "counter")


def hold(session: Session, wanted: Collection[tuple[str, Payer]]) -> Left:
    """Lock the counters of these campaigns and payers until COMMIT, and read what they leave."""
    return _left(session, HOLD, wanted)


def look(session: Session, wanted: Collection[tuple[str, Payer]]) -> Left:
    """What the counters of these campaigns and payers leave now: for a quote, which promises nothing."""
    return _left(session, LOOK, wanted)


def _left(session: Session, statement: sql.SetWise, wanted: Collection[tuple[str, Payer]]) -> Left:
    if not wanted:
        return Left({})
    rows = statement.run(
        session, [{"campaign_id": campaign_id, **payer._asdict()} for campaign_id, payer in wanted]
    )
    return Left({(row.kind, row.scope_id, row.subject_id, row.day): row.left_fen for row in rows})


def give_back(session: Session, payer: Payer, subsidies: Iterable[tuple[str, int]]) -> None:
    """Count these subsidies, of campaigns, out of the day on which they were paid."""
    by_campaign: defaultdict[str, int] = defaultdict(int)
    for campaign_id, fen in subsidies:
        by_campaign[campaign_id] += fen
    held = HOLD.run(session, [{"campaign_id": each, **payer._asdict()} for each in by_campaign])
    counted = [(row.kind, row.scope_id, row.subject_id, row.day) for row in held]
    rows = _rows({name: by_campaign[name[1]] for name in counted})
    GIVE_BACK.must(session, rows, "counter")


def _rows(amounts: Mapping[Name, int]) -> list[dict[str, Any]]:
    return [dict(zip(COUNTER, (*name, fen), strict=True)) for name, fen in amounts.items() if fen]
