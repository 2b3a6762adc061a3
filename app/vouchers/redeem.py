"""Redeeming vouchers (核销): all vouchers of one order or none, once, whoever asks how often (design 3.2).

Redemptions of one process that arrive together share one transaction. It goes table by table over all of them: every
row is locked in the one lock order, then one instant decides each redemption, then all that was decided is written. A
refusal is decided like any other answer. The hot rows (counters, posting clocks) come last.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app import once, outbox, sql
from app.ankang import paper, scan, verify
from app.ankang.scan import Scanned
from app.ankang.verify import Verified
from app.domain.best import best_of
from app.domain.event import Kind
from app.domain.quote import MOST_REDEMPTIONS, settle_order, subsidies
from app.domain.refusals import Refusal, Refused
from app.gate import lock
from app.vouchers import caps, commit, ledger, orders, paid, wallet
from app.vouchers.paid import Paid
from app.vouchers.proof import Found
from app.vouchers.redeeming import Held, Ordered, Redeeming, Request, hold, look

# Fence: an unused voucher of this citizen inside its validity, held for no other order, becomes redeemed, for the tenth
# time at the most, or no row changes.
TAKE_VOUCHERS = sql.SetWise(
    "UPDATE voucher SET status = 'redeemed', version = voucher.version + 1 FROM {items} WHERE voucher.id = item.id"
    f" AND voucher.citizen_id = item.citizen_id AND {sql.beside_indexes('voucher.status')} = 'issued'"
    " AND voucher.valid_from <= item.at"
    f" AND item.at < voucher.valid_to AND voucher.version < {2 * MOST_REDEMPTIONS + 1}"
    " AND (voucher.hold_until <= item.at OR voucher.reservation_id = item.reservation_id)",
    id="text",
    citizen_id="text",
    at="bigint",
    reservation_id="text",
)


@dataclass(frozen=True)
class Decided:
    """What becomes of one order, and of the code it came with."""

    redeeming: Redeeming
    verified: Verified | None
    outcome: Paid | Refused

    @property
    def answer(self) -> once.Answer:
        if isinstance(self.outcome, Refused):
            return once.Answer.refused(self.outcome)
        return once.Answer(201, paid.receipt(self.outcome), self.outcome.redemption_id)


def redeem(asked: Request, write: once.Write) -> once.Answer:
    """Redeem, or raise Refused. A granted or decided answer is stored with its key and replayed for ever."""
    (outcome,) = redeem_all([(asked, write)])
    if isinstance(outcome, Exception):
        raise outcome
    return once.final(outcome)


def redeem_all(ordered: Sequence[Ordered], found: Found | None = None) -> list[once.Answer | Exception]:
    """Redeem these orders that have come together; one outcome each. `found`: as `look` takes it.

    1. The lock spares the database double scans; a known key is never foreign to its own lock.  2. SQL answers the key,
    or decides, in a group.
    """
    asked = look(ordered, found)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with _held(asked) as is_busy:
        free = [each for each, busy in zip(asked, is_busy, strict=True) if not busy]
        outcomes = iter(_lane(app).run_all(free))
    return [next(outcomes) if word is None else word for word in _busy_words(asked, is_busy)]


def read(asked: Request, write: once.Write) -> Redeeming:
    """The proof, and whose it is: a look without effect, for the lock and for groups only."""
    return look([(asked, write)])[0]


@contextmanager
def _held(asked: Sequence[Redeeming]) -> Iterator[list[bool]]:
    """Their locks; tells of which somebody else holds a voucher."""
    wanted = {
        place: lock.Wanted(each.citizen_id, each.voucher_ids, lock.owner_token(*each.write.row))
        for place, each in enumerate(asked)
        if each.citizen_id and each.voucher_ids
    }
    with lock.hold(list(wanted.values())) as is_free:
        free = dict(zip(wanted, is_free, strict=True))
        yield [not free.get(place, True) for place in range(len(asked))]


def _busy_words(asked: Sequence[Redeeming], is_busy: Sequence[bool]) -> list[once.Answer | Exception | None]:
    """None for who may go on. Who is kept out may have had an effect before under this key: that answer is theirs."""
    kept_out = [each.write for each, busy in zip(asked, is_busy, strict=True) if busy]
    if not kept_out:
        return [None] * len(asked)
    with sql.reading() as session:
        known = iter(once.look_up_all(session, kept_out))
    return [(next(known) or Refused(Refusal.VOUCHER_BUSY)) if busy else None for busy in is_busy]


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
    return once.answer_all(session, group, hold, _settle)


def _settle(session: Session, fresh: Sequence[Redeeming], held: Held) -> list[once.Answer]:
    decided = [judged(each, held) for each in fresh]
    return _effects(session, decided, held)


def judged(redeeming: Redeeming, held: Held) -> Decided:
    """The rules, on locked rows."""
    asked, at = redeeming.asked, held.at
    verified = verify.judge(redeeming.shown, held.codes, at) if redeeming.shown else None
    try:
        scanned = _scanned(redeeming, verified, held, at)
        if asked.order_name in held.taken:
            raise Refused(held.taken[asked.order_name])
        return Decided(redeeming, verified, _paid(redeeming, scanned, held))
    except Refused as refused:
        return Decided(redeeming, verified, refused)


def _scanned(redeeming: Redeeming, verified: Verified | None, held: Held, at: int) -> Scanned:
    if verified is not None and verified.refusal is not None:
        raise Refused(verified.refusal)
    if verified is not None and verified.is_fresh and verified.scanned is not None:
        scanned = verified.scanned
    else:
        reserved = redeeming.asked.reserved
        again = (verified.scan_id, redeeming.asked.till.terminal_id) if verified else redeeming.scan
        row = held.scans.get(again) if again else None
        scanned = scan.judged(row, at if reserved is None else reserved.reserved_at)
    if scanned.sheet is not None:
        paper.require(held.sheets.get(scanned.sheet.sheet_id))
    if scanned.purpose != "voucher":
        raise Refused(Refusal.SCAN_PURPOSE)
    if scanned.order_no not in (None, redeeming.asked.order_no):
        raise Refused(Refusal.SCAN_BOUND)
    return scanned


def _paid(redeeming: Redeeming, scanned: Scanned, held: Held) -> Paid:
    asked, rows = redeeming.asked, {}
    paper.require_only(scanned.sheet, redeeming.voucher_ids)
    for voucher_id in redeeming.voucher_ids:
        row = held.vouchers.get((scanned.citizen_id, voucher_id))
        if row is None:
            raise Refused(Refusal.VOUCHER_NOT_FOUND, voucher_id=voucher_id)
        rows[voucher_id] = row
    if asked.reserved is not None:
        asked.reserved.require(rows.values(), held.at)
    reservation_id = asked.reserved.reservation_id if asked.reserved else None
    wanted, place = [wallet.as_held(row, reservation_id) for row in rows.values()], asked.till.place
    if asked.voucher_ids is None:
        wanted = best_of(wanted, asked.order, held.at, place)
    lines = settle_order(wanted, asked.order, held.at, place)
    is_repeat = scanned.citizen_id in held.repeats
    if is_repeat and not asked.is_confirmed:
        raise Refused(Refusal.POSSIBLE_DUPLICATE)
    held.left.take(caps.payer(asked.till, scanned.citizen_id, held.at), subsidies(lines))
    return Paid(
        asked.till, scanned, asked.order_no, asked.order, lines, rows, held.at, is_repeat, reservation_id
    )


def _effects(session: Session, decided: Sequence[Decided], held: Held) -> list[once.Answer]:
    """Write what was decided, again in the one lock order; the answers before the rows that everybody waits for."""
    at = held.at
    granted = [each.outcome for each in decided if isinstance(each.outcome, Paid)]
    answers = [each.answer for each in decided]
    with sql.one_trip(session):
        verified = prove(session, decided, at)
        taken = {(each.till.merchant_id, each.order_no): each.redemption_id for each in granted}
        orders.take(session, taken, at)
        refuse(session, decided, at)
        _take_vouchers(session, granted, at)
        paper.use(session, {each.scanned.sheet.sheet_id: at for each in granted if each.scanned.sheet})
        held.left.spend(session)
        postings = paid.add(session, granted)
        once.store_all(session, list(zip((each.redeeming.write for each in decided), answers, strict=True)))
        verify.count(session, verified, at)
        ledger.post(session, postings, at)
        outbox.tell(session, Kind.REDEEMED, [each.redemption_id for each in granted], at)
    return answers


def prove(session: Session, decided: Sequence[Decided], at: int) -> list[Verified]:
    """Write what became of the codes, and tie each scan to the order that is granted with it; returns the codes."""
    verified = [each.verified for each in decided if each.verified]
    bound = {
        each.outcome.scanned.scan_id: each.outcome.order_no
        for each in decided
        if isinstance(each.outcome, Paid)
    }
    made = {each.scan_id for each in verified if each.is_fresh}
    verify.record(session, verified, at, bound)
    scan.bind(session, {scan_id: order for scan_id, order in bound.items() if scan_id not in made})
    return verified


def refuse(session: Session, decided: Sequence[Decided], at: int) -> None:
    """Remember by their number why orders were refused."""
    refused = {
        each.redeeming.asked.order_name: each.outcome.refusal
        for each in decided
        if isinstance(each.outcome, Refused)
    }
    orders.refuse(session, refused, at)


def _take_vouchers(session: Session, granted: Collection[Paid], at: int) -> None:
    rows = [
        {
            "id": line.held.voucher_id,
            "citizen_id": each.scanned.citizen_id,
            "at": at,
            "reservation_id": each.reservation_id,
        }
        for each in granted
        for line in each.lines
    ]
    TAKE_VOUCHERS.must(session, rows, "voucher")
