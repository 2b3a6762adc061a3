"""Redeeming vouchers (核销): all vouchers of one order or none, once, whoever asks how often (design 3.2).

Redemptions of one process that arrive together share one transaction. It goes table by table over all of them: every
row is locked in the one lock order, then one instant decides each redemption, then all that was decided is written. A
refusal is decided like any other answer. The hot rows (counters, posting clocks) come last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import scan, verify
from app.ankang.scan import Scanned, Till
from app.ankang.verify import Shown, Verified
from app.domain.quote import MOST_REDEMPTIONS, Order, settle_order
from app.domain.refusals import Refusal, Refused
from app.gate import lock
from app.vouchers import caps, commit, ledger, orders, paid, repeat, wallet
from app.vouchers.paid import Paid

# Fence: an unused voucher of this citizen inside its validity becomes redeemed, for the tenth time at the most, or no
# row changes.
TAKE_VOUCHERS = sql.SetWise(
    "UPDATE voucher SET status = 'redeemed', version = voucher.version + 1 FROM {items} WHERE voucher.id = item.id"
    " AND voucher.citizen_id = item.citizen_id AND voucher.status = 'issued' AND voucher.valid_from <= item.at"
    f" AND item.at < voucher.valid_to AND voucher.version < {2 * MOST_REDEMPTIONS + 1}",
    id="text",
    citizen_id="text",
    at="bigint",
)


@dataclass(frozen=True)
class Request:
    """What a terminal asks for: the proof (a scan token or a code), the vouchers, the order and its amounts.

    `is_confirmed`: the cashier says that it is another purchase, should it look like the last one.
    """

    till: Till
    scan_token: str | None
    code: str | None
    voucher_ids: Sequence[str]
    order_no: str
    order: Order
    is_confirmed: bool = False

    @property
    def order_name(self) -> orders.Name:
        """The primary key of the order's row."""
        return self.till.merchant_id, self.order_no


@dataclass(frozen=True)
class Redeeming:
    """A redemption in a group: what is asked for, under which key, and its proof as it was read beforehand.

    `scan_id` is None where the proof is a code, or no token of ours; `citizen_id` where it leads to nobody.
    """

    asked: Request
    write: once.Write
    shown: Shown | None
    scan_id: str | None
    citizen_id: str | None


@dataclass(frozen=True)
class _Held:
    """The locked rows of a group, whose purchase repeats the last one, and what the caps of the day leave."""

    codes: verify.Codes
    scans: Mapping[str, Row[Any]]
    taken: Mapping[orders.Name, Refusal]
    vouchers: Mapping[wallet.Wanted, Row[Any]]
    at: int
    repeats: Collection[str]
    left: caps.Left


@dataclass(frozen=True)
class _Decided:
    """What became of one redemption, and of the code it came with."""

    redeeming: Redeeming
    verified: Verified | None
    outcome: Paid | Refused

    @property
    def answer(self) -> once.Answer:
        if isinstance(self.outcome, Refused):
            return once.Answer.refused(self.outcome)
        return once.Answer(201, paid.receipt(self.outcome), self.outcome.redemption_id)


def redeem(asked: Request, write: once.Write) -> once.Answer:
    """Redeem, or raise Refused. A granted or decided answer is stored with its key and replayed for ever.

    1. The lock spares the database double scans; a known key is never foreign to its own lock.  2. SQL answers the key,
    or decides, in a group.
    """
    redeeming = _read(asked, write)
    owner = lock.owner_token(write.caller, write.operation, write.key)
    holder = redeeming.citizen_id
    held = lock.hold(holder, asked.voucher_ids, owner) if holder else nullcontext()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with held:
            return once.final(_lane(app).run(redeeming))
    except Refused as refused:
        # somebody else holds the lock, and this key may have had its effect before: then its answer is ours
        found = once.find(write) if refused.refusal is Refusal.VOUCHER_BUSY else None
        if found is None:
            raise
        return once.final(found)


def _read(asked: Request, write: once.Write) -> Redeeming:
    """The proof, and whose it is: a look without effect, for the lock and for groups only."""
    shown = verify.read(asked.till, asked.code, "voucher") if asked.code is not None else None
    scan_id = scan.id_in(asked.scan_token) if asked.scan_token is not None else None
    with sql.looking() as connection:
        if shown is not None:
            citizen_id = verify.holder_of(connection, shown)
        else:
            row = scan.find(connection, asked.till, scan_id)
            citizen_id = None if row is None else str(row.citizen_id)
    return Redeeming(asked, write, shown, scan_id, citizen_id)


def _lane(app: Flask) -> commit.Lane[Redeeming, once.Answer]:
    return commit.lane(app, "redeem", _serve, _apart)


def _apart(redeeming: Redeeming) -> frozenset[Hashable]:
    """Whoever would lock the same rows waits for the next group: same key, order, handle or citizen.

    The citizen stands for scans and vouchers: both are somebody's.
    """
    shown, citizen_id = redeeming.shown, redeeming.citizen_id
    names: list[Hashable] = [redeeming.write.row, redeeming.asked.order_name]
    if shown is not None and shown.handle is not None:
        names.append(shown.handle)
    if citizen_id is not None:
        names.append(citizen_id)
    return frozenset(names)


def _serve(group: list[Redeeming]) -> Sequence[once.Answer | Exception]:
    return commit.together(group, _decide)


def _decide(session: Session, group: Sequence[Redeeming]) -> list[once.Answer | Exception]:
    """Answer known keys, decide the others."""
    return once.answer_all(session, group, partial(_settle, session))


def _settle(session: Session, fresh: Sequence[Redeeming]) -> list[once.Answer]:
    held = _hold(session, fresh)
    decided = [_judge(each, held) for each in fresh]
    return _effects(session, decided, held)


def _hold(session: Session, fresh: Sequence[Redeeming]) -> _Held:
    """Lock everything that decides, in the one lock order: handles, scans, orders, citizens, vouchers, caps."""
    codes = verify.hold(session, [each.shown for each in fresh if each.shown])
    tokens = [(each.scan_id, each.asked.till.terminal_id) for each in fresh if each.scan_id]
    again = [(row.id, row.terminal_id) for row in codes.unused.values()]
    scans = scan.lock(session, tokens + again)
    taken = orders.lock(session, [each.asked.order_name for each in fresh])
    holders = [(each.asked, holder) for each in fresh if (holder := _holder(each, codes, scans))]
    repeat.hold(session, [holder for _, holder in holders])
    wanted = [(holder, voucher_id) for asked, holder in holders for voucher_id in asked.voucher_ids]
    vouchers = wallet.locked(session, wanted) if wanted else {}
    at = clock.database_now(session)
    left = caps.hold(
        session,
        {
            (row.campaign_id, caps.payer(asked.till, holder, at))
            for asked, holder in holders
            for voucher_id in asked.voucher_ids
            if (row := vouchers.get((holder, voucher_id))) is not None and row.is_capped
        },
    )
    purchases = [(holder, asked.till, asked.order.order_fen) for asked, holder in holders]
    return _Held(codes, scans, taken, vouchers, at, repeat.find(session, purchases, at), left)


def _holder(redeeming: Redeeming, codes: verify.Codes, scans: Mapping[str, Row[Any]]) -> str | None:
    """The citizen of the locked row."""
    shown, scan_id = redeeming.shown, redeeming.scan_id
    if shown is not None:
        row = codes.handles.get(shown.handle) if shown.handle else None
    else:
        row = scans.get(scan_id) if scan_id else None
    return None if row is None else str(row.citizen_id)


def _judge(redeeming: Redeeming, held: _Held) -> _Decided:
    """The rules, on locked rows."""
    asked, at = redeeming.asked, held.at
    verified = verify.judge(redeeming.shown, held.codes, at) if redeeming.shown else None
    try:
        scanned = _scanned(redeeming, verified, held, at)
        if asked.order_name in held.taken:
            raise Refused(held.taken[asked.order_name])
        return _Decided(redeeming, verified, _paid(asked, scanned, held))
    except Refused as refused:
        return _Decided(redeeming, verified, refused)


def _scanned(redeeming: Redeeming, verified: Verified | None, held: _Held, at: int) -> Scanned:
    if verified is not None and verified.refusal is not None:
        raise Refused(verified.refusal)
    if verified is not None and verified.is_fresh and verified.scanned is not None:
        scanned = verified.scanned
    else:
        scanned = scan.judged(held.scans.get(verified.scan_id if verified else redeeming.scan_id or ""), at)
    if scanned.purpose != "voucher":
        raise Refused(Refusal.SCAN_PURPOSE)
    if scanned.order_no not in (None, redeeming.asked.order_no):
        raise Refused(Refusal.SCAN_BOUND)
    return scanned


def _paid(asked: Request, scanned: Scanned, held: _Held) -> Paid:
    rows = {}
    for voucher_id in asked.voucher_ids:
        row = held.vouchers.get((scanned.citizen_id, voucher_id))
        if row is None:
            raise Refused(Refusal.VOUCHER_NOT_FOUND, voucher_id=voucher_id)
        rows[voucher_id] = row
    wanted = [wallet.as_held(row) for row in rows.values()]
    lines = settle_order(wanted, asked.order, held.at, asked.till.is_test)
    is_repeat = scanned.citizen_id in held.repeats
    if is_repeat and not asked.is_confirmed:
        raise Refused(Refusal.POSSIBLE_DUPLICATE)
    subsidies = Counter[str]()
    for line in lines:
        subsidies[line.held.campaign_id] += line.used_fen
    held.left.take(caps.payer(asked.till, scanned.citizen_id, held.at), subsidies)
    return Paid(asked.till, scanned, asked.order_no, asked.order, lines, rows, held.at, is_repeat)


def _effects(session: Session, decided: Sequence[_Decided], held: _Held) -> list[once.Answer]:
    """Write what was decided, again in the one lock order; the answers before the rows that everybody waits for."""
    at = held.at
    granted = [each.outcome for each in decided if isinstance(each.outcome, Paid)]
    refused = {
        each.redeeming.asked.order_name: each.outcome.refusal
        for each in decided
        if isinstance(each.outcome, Refused)
    }
    verified = [each.verified for each in decided if each.verified]
    bound = {each.scanned.scan_id: each.order_no for each in granted}
    made = {each.scan_id for each in verified if each.is_fresh}
    verify.record(session, verified, at, bound)
    scan.bind(session, {scan_id: order for scan_id, order in bound.items() if scan_id not in made})
    orders.take(session, {(each.till.merchant_id, each.order_no): each.redemption_id for each in granted}, at)
    orders.refuse(session, refused, at)
    _take_vouchers(session, granted, at)
    held.left.spend(session)
    postings = paid.add(session, granted)
    answers = [each.answer for each in decided]
    once.store_all(
        session, [(each.redeeming.write, answer) for each, answer in zip(decided, answers, strict=True)]
    )
    verify.count(session, verified, at)
    ledger.post(session, postings, at)
    return answers


def _take_vouchers(session: Session, granted: Collection[Paid], at: int) -> None:
    rows = [
        {"id": line.held.voucher_id, "citizen_id": each.scanned.citizen_id, "at": at}
        for each in granted
        for line in each.lines
    ]
    if rows and TAKE_VOUCHERS.run(session, rows).rowcount != len(rows):
        raise sql.LostRace("voucher")
