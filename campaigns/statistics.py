"""The numbers of a campaign: in total, per batch, day, weekday, hour, store, category and area (design 8).

Verified vouchers are vouchers with an effective redemption. Direct consumption is Σ order amount of the orders that
used a voucher, net of refunds; an order with vouchers of several batches is split over them by subsidy. Leverage is
direct consumption ÷ subsidy. What is reversed counts in the hour of its reversal.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock
from app.ankang.counters import TEST
from app.domain.instants import AHEAD_MS, HOUR_MS, weekday_and_minute
from campaigns.figures import DUE, Figures
from campaigns.indirect import estimated
from campaigns.manage import find_campaign

LEVERAGE_FORMULA = "direct_fen / subsidy_fen"
MOST_STORES = 100
FLOWS = ("claimed", "expired", "revoked", "redemptions", "reversed", "subsidy_fen", "direct_fen")
AT_STORES = ("redemptions", "reversed", "subsidy_fen", "direct_fen")
HOLDERS = ("new_holders", "returning_holders")
SUMMED = (
    "stock",
    "claimed",
    "available",
    "held",
    "redeemed",
    "expired",
    "revoked",
    "verified_vouchers",
    "reversed",
    "subsidy_fen",
    "direct_fen",
    "use_ms",
    "used_in_day",
    *HOLDERS,
)
Numbers = dict[str, Any]


def statistics(session: Session, campaign_id: str) -> Numbers:
    """Everything as of now; the session is one consistent look."""
    campaign = find_campaign(session, campaign_id)
    now = clock.database_now(session)
    figures = Figures(session, campaign_id)
    due = {
        row.batch_id: int(row.due) for row in session.execute(DUE, {"campaign_id": campaign_id, "now": now})
    }
    hours = [_flows(row) for row in figures.hours]
    batches = [_of_batch(batch, hours, due.get(batch.batch_id, 0)) for batch in figures.batches]
    totals = {name: sum(batch[name] for batch in batches) for name in SUMMED}
    return {
        "campaign": {"campaign_id": campaign.id, "name": campaign.name, "budget_fen": campaign.budget_fen},
        "batches": [_finished(batch) for batch in batches],
        "totals": _finished(totals),
        **_by_time(hours),
        **_by_place(figures.stores),
        "indirect": estimated(session, campaign_id, totals["direct_fen"]),
        "funnel": funnel(session, hours),
        "as_of": clock.iso(now),
    }


def etag(shown: Numbers) -> str:
    """What tells whether anything but the instant has changed."""
    content = {name: value for name, value in shown.items() if name != "as_of"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _flows(row: Row[Any]) -> Numbers:
    flows = dict(row._mapping)
    return {**flows, "redemptions": flows.pop("redeemed")}


def _of_batch(batch: Row[Any], hours: Sequence[Numbers], due: int) -> Numbers:
    own = [row for row in hours if row["batch_id"] == batch.batch_id]
    sums = {name: sum(row[name] for row in own) for name in (*FLOWS, "use_ms", "used_in_day", *HOLDERS)}
    verified, expired = sums["redemptions"] - sums["reversed"], sums["expired"] + due
    sold_out_at = (
        max((row["last_claim_at"] for row in own), default=0) if batch.claimed == batch.stock else None
    )
    return {
        **sums,
        "batch_id": batch.batch_id,
        "name": batch.name,
        "stock": batch.stock,
        "claimed": batch.claimed,
        "available": batch.stock - batch.claimed,
        "held": batch.claimed - verified - expired - sums["revoked"],
        "redeemed": verified,
        "verified_vouchers": verified,
        "expired": expired,
        "sold_out_at": sold_out_at and clock.iso(sold_out_at),
        "sold_out_after_ms": sold_out_at and sold_out_at - batch.claim_from,
    }


def _finished(sums: Numbers) -> Numbers:
    """The sums with what follows from them: leverage, and the mean time from claim to use (over all redemptions)."""
    redemptions = sums["verified_vouchers"] + sums["reversed"]
    return {
        **sums,
        "leverage": _ratio(sums["direct_fen"], sums["subsidy_fen"]),
        "leverage_formula": LEVERAGE_FORMULA,
        "mean_use_ms": round(sums["use_ms"] / redemptions) if redemptions else None,
        "used_in_day_share": _ratio(sums["used_in_day"], redemptions),
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _by_time(hours: Sequence[Numbers]) -> Numbers:
    """Shanghai days, weekdays (1 is Monday) and hours of the day (0 to 23)."""
    return {
        "by_day": _grouped(hours, "day", lambda row: clock.day(shanghai(row["hour"])), FLOWS),
        "by_weekday": _grouped(
            hours, "weekday", lambda row: weekday_and_minute(shanghai(row["hour"]))[0], FLOWS
        ),
        "by_hour": _grouped(hours, "hour", lambda row: row["hour"] % 24, FLOWS),
    }


def shanghai(hour: int) -> int:
    """The instant (epoch ms) at which an hour begins that is counted in Shanghai since 1970."""
    return hour * HOUR_MS - AHEAD_MS


def _by_place(stores: Sequence[Row[Any]]) -> Numbers:
    rows = [dict(row._mapping) for row in stores]
    small = sum(row["subsidy_fen"] for row in rows if row["is_small"])
    return {
        "by_store": [_with_leverage(row) for row in rows[:MOST_STORES]],
        "stores": len(rows),
        "by_area": _grouped(rows, "area", lambda row: row["area"], AT_STORES),
        "by_category": _grouped(rows, "category", lambda row: row["category"], AT_STORES),
        "small_shop_share": _ratio(small, sum(row["subsidy_fen"] for row in rows)),
    }


def _grouped(
    rows: Iterable[Numbers], name: str, of: Callable[[Numbers], Any], summed: Sequence[str]
) -> list[Numbers]:
    sums: dict[Any, Numbers] = defaultdict(lambda: dict.fromkeys(summed, 0))
    for row in rows:
        group = sums[of(row)]
        for column in summed:
            group[column] += row[column]
    return [_with_leverage({name: key, **group}) for key, group in sorted(sums.items())]


def _with_leverage(sums: Numbers) -> Numbers:
    verified = sums["redemptions"] - sums["reversed"]
    return {
        **sums,
        "verified_vouchers": verified,
        "leverage": _ratio(sums["direct_fen"], sums["subsidy_fen"]),
    }


CODE_COUNTS = text(
    "SELECT day, event, purpose, reason, count FROM code_count WHERE day >= :first AND day <= :last"
    f" AND purpose <> '{TEST}' ORDER BY day, event, purpose, reason"
)


def funnel(session: Session, hours: Sequence[Numbers]) -> Numbers | None:
    """From display to redemption, on the days on which something happened in the campaign.

    A code belongs to no campaign: what comes before the redemption is counted on the whole platform.
    """
    if not hours:
        return None
    when = sorted(row["hour"] for row in hours)
    first, last = clock.day(shanghai(when[0])), clock.day(shanghai(when[-1]))
    counted = session.execute(CODE_COUNTS, {"first": first, "last": last}).mappings().all()
    steps = {
        "displayed": sum(row["count"] for row in counted if row["event"] == "displayed"),
        "scanned": sum(
            row["count"] for row in counted if (row["purpose"], row["reason"]) == ("voucher", "accepted")
        ),
        "quoted": sum(row["count"] for row in counted if row["event"] == "quoted"),
        "redeemed": sum(row["redemptions"] for row in hours),
    }
    return {"first": first, "last": last, "platform_wide": ["displayed", "scanned", "quoted"], **steps}


def code_counters(session: Session, first: str, last: str) -> Numbers:
    """Applied, displayed, verified between two Shanghai days, both included; nothing of tests."""
    rows = session.execute(CODE_COUNTS, {"first": first, "last": last})
    days = [dict(row._mapping) for row in rows if row.event != "quoted"]  # no act on a code
    refused: dict[str, int] = {}
    sums = {"applied": 0, "displayed": 0, "accepted": 0}
    for row in days:
        if row["event"] == "verified" and row["reason"] != "accepted":
            refused[row["reason"]] = refused.get(row["reason"], 0) + row["count"]
        else:
            sums[row["reason"] or row["event"]] += row["count"]
    verified = {"accepted": sums["accepted"], "refused": refused}
    return {"applied": sums["applied"], "displayed": sums["displayed"], "verified": verified, "by_day": days}
