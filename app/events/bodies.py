"""What an event says, kind by kind, made of rows that no longer change. Nothing about a person is in it.

Each statement gets `ref` and `at` (epoch ms) of what was told and returns, for each `ref`, the columns every event has
and those of its body.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app import clock, sql
from app.domain.event import Kind

ITEM = {"ref": "text", "at": "bigint"}
COMMON = ("ref", "at", "is_test", "merchant_id", "citizen_id")
_VOUCHER = (
    "c.is_test, NULL AS merchant_id, v.citizen_id, v.id AS voucher_id, v.campaign_id, v.batch_id, v.face_fen,"
    " v.valid_from, v.valid_to FROM {items} JOIN voucher v ON v.id = item.ref JOIN campaign c ON c.id = v.campaign_id"
)
_LAPSE = sql.SetWise(f"SELECT item.ref, item.at, {_VOUCHER}", **ITEM)
_ORDER = (
    "t.is_test, r.merchant_id, r.citizen_id, r.id AS redemption_id, r.order_no, r.store_id, r.terminal_id,"
    " r.order_fen"
)
_TERMINAL = "JOIN terminal t ON t.id = r.terminal_id"


def _money(kind: str) -> sql.SetWise:
    """A posting of this kind, by what it is about."""
    return sql.SetWise(
        "SELECT item.ref, t.posted_at AS at, c.is_test, t.merchant_id, NULL AS citizen_id, t.campaign_id, t.store_id,"
        f" t.amount_fen FROM {{items}} JOIN transfer t ON t.kind = '{kind}' AND t.ref = item.ref"
        " JOIN campaign c ON c.id = t.campaign_id",
        **ITEM,
    )


OF_KIND: Mapping[str, sql.SetWise] = {
    Kind.HELD: _money("hold"),
    Kind.RELEASED: _money("free"),
    Kind.PAID: _money("payout_paid"),
    Kind.CLAIMED: sql.SetWise(f"SELECT item.ref, v.claimed_at AS at, {_VOUCHER}", **ITEM),
    Kind.EXPIRING: _LAPSE,
    Kind.EXPIRED: _LAPSE,
    Kind.REDEEMED: sql.SetWise(
        f"SELECT item.ref, r.redeemed_at AS at, {_ORDER}, r.used_fen AS subsidy_fen, r.customer_pays_fen"
        f" FROM {{items}} JOIN redemption r ON r.id = item.ref {_TERMINAL}",
        **ITEM,
    ),
    Kind.REVERSED: sql.SetWise(
        f"SELECT item.ref, r.reversed_at AS at, {_ORDER}, r.used_fen AS subsidy_returned_fen,"
        f" r.order_fen - r.used_fen AS customer_gets_fen FROM {{items}} JOIN redemption r ON r.id = item.ref"
        f" {_TERMINAL}",
        **ITEM,
    ),
    Kind.REFUNDED: sql.SetWise(
        f"SELECT item.ref, f.refunded_at AS at, {_ORDER}, f.id AS refund_id, f.refund_fen AS reversed_fen,"
        f" f.subsidy_fen AS subsidy_returned_fen, f.customer_fen AS customer_gets_fen FROM {{items}}"
        f" JOIN refund f ON f.id = item.ref JOIN redemption r ON r.id = f.redemption_id {_TERMINAL}",
        **ITEM,
    ),
    Kind.SETTLED: sql.SetWise(
        "SELECT item.ref, item.at, c.is_test, l.merchant_id, NULL AS citizen_id, s.id AS settlement_id, s.campaign_id,"
        " s.number, s.cutoff, l.redeemed_count, l.reversed_count, l.net_fen FROM {items}"
        " JOIN settlement_batch s ON s.id = item.ref LEFT JOIN settlement_line l ON l.settlement_id = s.id"
        " JOIN campaign c ON c.id = s.campaign_id ORDER BY l.merchant_id",
        **ITEM,
    ),
    Kind.DRAWN: sql.SetWise(
        "SELECT item.ref, item.at, c.is_test, NULL AS merchant_id, NULL AS citizen_id, b.id AS batch_id, b.campaign_id,"
        " l.registrants, l.winners, l.list_sha256 FROM {items} JOIN lottery l ON l.batch_id = item.ref"
        " JOIN batch b ON b.id = l.batch_id JOIN campaign c ON c.id = b.campaign_id",
        **ITEM,
    ),
}
VOUCHERS_OF = sql.SetWise(
    "SELECT l.redemption_id, l.voucher_id, l.campaign_id, l.batch_id, l.subsidy_fen FROM {items}"
    " JOIN redemption_line l ON l.redemption_id = item.ref ORDER BY l.id",
    ref="text",
)
INSTANTS = ("valid_from", "valid_to", "cutoff")


def of(session: Session, kind: str, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The events that were told of this kind (`ref`, `at` each), in the order of `told`, with their bodies.

    Raises LookupError where one is about nothing: then somebody removed what money rests on, and nothing is skipped.
    """
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in OF_KIND[kind].run(session, told):
        found[row.ref].append(row._asdict())
    if missing := {each["ref"] for each in told} - found.keys():
        raise LookupError(f"{kind}: {sorted(missing)}")
    vouchers = _vouchers(session, told) if kind in (Kind.REDEEMED, Kind.REVERSED) else {}
    return [
        _event(kind, row, vouchers.get(each["ref"], {}), alone=len(found[each["ref"]]) == 1)
        for each in told
        for row in found[each["ref"]]
    ]


def _vouchers(session: Session, told: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"vouchers": []})
    for row in VOUCHERS_OF.run(session, told):
        line = row._asdict()
        found[line.pop("redemption_id")]["vouchers"].append(line)
    return found


def _event(kind: str, row: dict[str, Any], more: dict[str, Any], *, alone: bool) -> dict[str, Any]:
    """One row of the feed, still without its number. Several of one `ref` are told apart by their merchants."""
    body = {name: value for name, value in row.items() if name not in COMMON} | more
    body |= {name: clock.iso(body[name]) for name in INSTANTS if name in body}
    ref = row["ref"] if alone else f"{row['ref']}:{row['merchant_id']}"
    common = {"kind": kind, "ref": ref, "at": row["at"], "is_test": bool(row["is_test"])}
    whom = {"merchant_id": row["merchant_id"], "citizen_id": row["citizen_id"]}
    return common | whom | {"body": json.dumps(body, ensure_ascii=False)}
