"""Redeeming vouchers (核销): all vouchers of one order or none, once, whoever asks how often (design 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import apply, scan
from app.ankang.scan import Scanned, Till
from app.domain.quote import Line, Order, settle_order
from app.domain.refusals import Kind, Refusal, Refused
from app.gate import lock
from app.ids import new_id
from app.models import Citizen, Redemption, RedemptionLine
from app.vouchers import ledger, orders, wallet

# Fence: an unused voucher of this citizen inside its validity becomes redeemed, or no row changes.
TAKE_VOUCHER = text(
    "UPDATE voucher SET status = 'redeemed', version = version + 1 WHERE id = :id AND citizen_id = :citizen_id"
    " AND status = 'issued' AND valid_from <= :at AND :at < valid_to"
)


@dataclass(frozen=True)
class Request:
    """What a terminal asks for: the proof (a scan token or a code), the vouchers, the order and its amounts."""

    till: Till
    scan_token: str | None
    code: str | None
    voucher_ids: Sequence[str]
    order_no: str
    order: Order


def redeem(asked: Request, write: once.Write) -> once.Answer:
    """Redeem, or raise Refused. A granted or decided answer is stored with its key and replayed for ever.

    1. A known key is answered from SQL.  2. The lock spares the database double scans.  3. SQL decides.
    """
    found = once.find(write)
    if found is not None:
        return once.final(found)
    citizen_id = scan.holder_of(asked.till, asked.scan_token, asked.code)
    owner = lock.owner_token(write.caller, write.operation, write.key)
    held = lock.hold(citizen_id, asked.voucher_ids, owner) if citizen_id else nullcontext()
    try:
        with held:
            return once.perform(write, lambda session: _decide(session, asked))
    except Refused as refused:
        # a twin may have redeemed since the look-up, before somebody else took the lock: its answer is ours
        found = once.find(write) if refused.refusal is Refusal.VOUCHER_BUSY else None
        if found is None:
            raise
        return once.final(found)


def _decide(session: Session, asked: Request) -> once.Answer:
    try:
        scanned = _scanned(session, asked)
        orders.lock(session, asked.till.merchant_id, asked.order_no, clock.database_now(session))
        rows = wallet.locked(session, scanned.citizen_id, asked.voucher_ids)
        at = clock.database_now(session)
        lines = _judged(rows, asked, at)
    except Refused as refused:
        return _refused(session, asked, refused)
    return _effect(session, asked, scanned, lines, rows, at)


def _scanned(session: Session, asked: Request) -> Scanned:
    if asked.scan_token is not None:
        scanned = scan.resolve(session, asked.till, asked.scan_token)
    else:
        scanned = scan.accept(session, asked.till, asked.code or "", "voucher")
    if scanned.purpose != "voucher":
        raise Refused(Refusal.SCAN_PURPOSE)
    if scanned.order_no not in (None, asked.order_no):
        raise Refused(Refusal.SCAN_BOUND)
    return scanned


def _judged(rows: dict[str, Any], asked: Request, at: int) -> list[Line]:
    missing = [voucher_id for voucher_id in asked.voucher_ids if voucher_id not in rows]
    if missing:
        raise Refused(Refusal.VOUCHER_NOT_FOUND, voucher_id=missing[0])
    wanted = [wallet.as_held(rows[voucher_id]) for voucher_id in asked.voucher_ids]
    return settle_order(wanted, asked.order, at, asked.till.is_test)


def _refused(session: Session, asked: Request, refused: Refused) -> once.Answer:
    if refused.refusal.kind is not Kind.DECIDED:
        raise refused
    orders.refuse(
        session, asked.till.merchant_id, asked.order_no, refused.refusal, clock.database_now(session)
    )
    return once.Answer.refused(refused)


def _effect(
    session: Session, asked: Request, scanned: Scanned, lines: list[Line], rows: dict[str, Any], at: int
) -> once.Answer:
    redemption = _redemption(asked, scanned, lines, at)
    scan.bind(session, scanned, asked.order_no)
    orders.take(session, asked.till.merchant_id, asked.order_no, redemption.id, at)
    for line in sorted(lines, key=lambda each: each.held.voucher_id):
        _take_voucher(session, line, scanned.citizen_id, at)
    stored = [_line(redemption.id, line) for line in lines]
    session.add(redemption)
    session.flush()
    session.execute(insert(RedemptionLine), stored)
    ledger.post(session, [posting for row in stored for posting in _postings(row, asked.till)])
    return once.Answer(201, _receipt(session, asked, redemption, lines, rows), redemption.id)


def _take_voucher(session: Session, line: Line, citizen_id: str, at: int) -> None:
    if not sql.changed_one(
        session, TAKE_VOUCHER, {"id": line.held.voucher_id, "citizen_id": citizen_id, "at": at}
    ):
        raise sql.LostRace("voucher")


def _redemption(asked: Request, scanned: Scanned, lines: list[Line], at: int) -> Redemption:
    used = sum(line.used_fen for line in lines)
    return Redemption(
        id=new_id("rdm"),
        merchant_id=asked.till.merchant_id,
        store_id=asked.till.store_id,
        terminal_id=asked.till.terminal_id,
        citizen_id=scanned.citizen_id,
        scan_id=scanned.scan_id,
        order_no=asked.order_no,
        gross_fen=asked.order.gross_fen,
        merchant_discount_fen=asked.order.merchant_discount_fen,
        order_fen=asked.order.order_fen,
        face_fen=sum(line.held.face_fen for line in lines),
        used_fen=used,
        customer_pays_fen=asked.order.order_fen - used,
        refunded_fen=0,
        state="effective",
        redeemed_at=at,
    )


def _line(redemption_id: str, line: Line) -> dict[str, Any]:
    return {
        "id": new_id("rdl"),
        "redemption_id": redemption_id,
        "voucher_id": line.held.voucher_id,
        "campaign_id": line.held.campaign_id,
        "batch_id": line.held.batch_id,
        "face_fen": line.held.face_fen,
        "subsidy_fen": line.used_fen,
        "order_share_fen": line.order_share_fen,
        "effective": True,
    }


def _postings(line: dict[str, Any], till: Till) -> list[ledger.Transfer]:
    """The subsidy becomes payable to the merchant, the forfeited rest of the face is released."""
    campaign, ref, rest = line["campaign_id"], line["id"], line["face_fen"] - line["subsidy_fen"]
    whom = (till.merchant_id, till.store_id)
    return [
        ledger.Transfer(campaign, "redeem", ref, "issued", "payable", line["subsidy_fen"], *whom),
        ledger.Transfer(campaign, "forfeit", ref, "issued", "released", rest, *whom),
    ]


def _receipt(
    session: Session, asked: Request, redemption: Redemption, lines: list[Line], rows: dict[str, Any]
) -> dict[str, Any]:
    citizen = session.get_one(Citizen, redemption.citizen_id)
    return {
        "redemption_id": redemption.id,
        "order_no": redemption.order_no,
        "state": "redeemed",
        "order_fen": redemption.order_fen,
        "face_fen": redemption.face_fen,
        "used_fen": redemption.used_fen,
        "forfeited_fen": redemption.face_fen - redemption.used_fen,
        "customer_pays_fen": redemption.customer_pays_fen,
        "reimbursed_fen": redemption.used_fen,
        "redeemed_at": clock.iso(redemption.redeemed_at),
        "holder": apply.holder(citizen),
        "merchant": asked.till.merchant,
        "store": asked.till.store,
        "lines": [
            {
                "voucher_id": line.held.voucher_id,
                "batch_name": rows[line.held.voucher_id].batch_name,
                "face_fen": line.held.face_fen,
                "used_fen": line.used_fen,
                "forfeited_fen": line.forfeited_fen,
            }
            for line in lines
        ],
    }
