"""A campaign's books: balances, the identity that must come out at 0, and what is left of a budget and why (design 9).

Sums over SQL, in one statement each: postings are only ever added, so a sum needs no lock. A balance kept in a row
would be one more lock of every claim (ADR 0026).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock
from app.domain import accounts
from campaigns.manage import find_campaign

PAGE = 100
FLOWS = text(
    "SELECT kind, debit, credit, CAST(SUM(amount_fen) AS BIGINT) AS fen FROM transfer WHERE campaign_id = :campaign_id"
    " GROUP BY kind, debit, credit ORDER BY kind, debit, credit"
)
# What vouchers, redemptions, adjustments and hold cases themselves say, apart from any posting.
RECOUNT = text(
    "SELECT c.id, c.name, c.state, c.budget_fen, c.approver_id,"
    " CAST((SELECT COALESCE(SUM(face_fen), 0) FROM voucher v WHERE v.campaign_id = c.id) AS BIGINT) AS granted_fen,"
    " CAST((SELECT COALESCE(SUM(face_fen), 0) FROM voucher v WHERE v.campaign_id = c.id AND v.status = 'issued')"
    "  AS BIGINT) AS held_fen,"
    " CAST((SELECT COALESCE(SUM(l.subsidy_fen - l.returned_fen), 0) FROM redemption_line l"
    "  WHERE l.campaign_id = c.id AND l.effective) AS BIGINT) AS subsidy_fen,"
    " CAST((SELECT COALESCE(SUM(CASE WHEN a.kind = 'gesture' THEN a.amount_fen ELSE -a.amount_fen END), 0)"
    "  FROM adjustment a WHERE a.campaign_id = c.id AND a.state = 'approved') AS BIGINT) AS adjusted_fen,"
    " CAST((SELECT COALESCE(SUM(i.upheld_fen), 0) FROM hold_item i JOIN hold_case h ON h.id = i.case_id"
    "  WHERE h.campaign_id = c.id AND i.state = 'upheld') AS BIGINT) AS upheld_fen,"
    " CAST((SELECT COALESCE(SUM(t.budget_fen + t.released_fen), 0) FROM treasury_return t"
    "  WHERE t.campaign_id = c.id AND t.state = 'approved') AS BIGINT) AS returned_fen FROM campaign c"
)
ONE = text(f"{RECOUNT.text} WHERE c.id = :campaign_id")
SOME = text(f"{RECOUNT.text} WHERE c.id < :cursor ORDER BY c.id DESC LIMIT :most")
LAST_ID = "~"  # behind every id


def flows(session: Session, campaign_id: str) -> Sequence[Row[Any]]:
    """What moved in all, by kind and way: a dozen rows, however many postings."""
    return session.execute(FLOWS, {"campaign_id": campaign_id}).all()


def balances(moved: Sequence[Row[Any]]) -> dict[str, int]:
    """Every account's balance, fen. They add up to 0: each posting takes what it gives."""
    found = dict.fromkeys(accounts.NAMES, 0)
    for flow in moved:
        found[flow.debit] -= flow.fen
        found[flow.credit] += flow.fen
    return found


def identity_check(session: Session, cursor: str | None, limit: int) -> dict[str, Any]:
    """Campaigns, newest first, each with its balances and the differences that must be 0."""
    rows = session.execute(SOME, {"cursor": cursor or LAST_ID, "most": limit + 1}).all()
    items = [_checked(session, row) for row in rows[:limit]]
    return {
        "items": items,
        "difference_fen": sum(abs(fen) for item in items for fen in item["differences"].values()),
        "next_cursor": items[-1]["campaign_id"] if len(rows) > limit else None,
        "as_of": clock.iso(clock.database_now(session)),
    }


def _checked(session: Session, recount: Row[Any]) -> dict[str, Any]:
    moved = flows(session, recount.id)
    held = balances(moved)
    return {
        "campaign_id": recount.id,
        "name": recount.name,
        "state": recount.state,
        "budget_fen": recount.budget_fen,
        "returned_fen": recount.returned_fen,
        "balances": held,
        "differences": _differences(recount, moved, held),
    }


def _differences(recount: Row[Any], moved: Sequence[Row[Any]], held: dict[str, int]) -> dict[str, int]:
    """What the postings say minus what the campaign, its vouchers, redemptions, adjustments, holds and returns say."""
    given = recount.budget_fen if recount.approver_id else 0
    spent = sum(held[account] for account in accounts.MERCHANTS)
    claimed = sum(flow.fen for flow in moved if flow.kind == "claim")
    return {
        "budget_fen": held["budget"]
        + held["issued"]
        + held["released"]
        + spent
        + recount.returned_fen
        - given,
        "granted_fen": claimed - recount.granted_fen,
        "issued_fen": held["issued"] - recount.held_fen,
        "spent_fen": spent - (recount.subsidy_fen + recount.adjusted_fen - recount.upheld_fen),
    }


def left_over(session: Session, campaign_id: str) -> dict[str, Any]:
    """What the budget still holds and why, line by line; the lines add up to what the campaign was given and kept."""
    find_campaign(session, campaign_id)
    recount = session.execute(ONE, {"campaign_id": campaign_id}).one()
    moved = flows(session, campaign_id)
    held, because = balances(moved), _causes(moved)
    return {
        "campaign_id": campaign_id,
        "name": recount.name,
        "state": recount.state,
        "budget_fen": recount.budget_fen,
        "free_fen": held["budget"] + held["released"],
        "reserved_fen": held["issued"],
        "spent_fen": sum(held[account] for account in accounts.MERCHANTS),
        "returned_fen": recount.returned_fen,
        "lines": [_line(cause, fen) for cause, fen in because.items()],
        "differences": _differences(recount, moved, held),
        "as_of": clock.iso(clock.database_now(session)),
    }


def _causes(moved: Sequence[Row[Any]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for flow in moved:
        for account, fen in ((flow.debit, -flow.fen), (flow.credit, flow.fen)):
            if account != accounts.TREASURY.name:
                found[accounts.cause(account, flow.kind)] += fen
    return {cause: found[cause] for cause in accounts.CAUSES}


def _line(cause: str, fen: int) -> dict[str, Any]:
    zh, en = accounts.CAUSES[cause]
    return {"cause": cause, "amount_fen": fen, "zh": zh, "en": en}
