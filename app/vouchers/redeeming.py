"""What redemptions ask for, and everything that decides them: rows that are locked, in the one lock order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import paper, reading, scan, verify
from app.ankang.reading import Shown
from app.ankang.scan import Till
from app.domain.quote import Order
from app.domain.refusals import Refusal
from app.vouchers import caps, orders, proof, repeat, wallet
from app.vouchers.holds import Reserved
from app.vouchers.proof import Found, Proof


@dataclass(frozen=True)
class Request:
    """What a terminal asks for: the proof (a scan token, a code, or what was shown offline), the vouchers, the order.

    Without `voucher_ids`: those that together take most off. `is_confirmed`: the cashier says that it is another
    purchase, should it look like the last one. `reserved`: the reservation that is captured, which is the proof then.
    `proof`: token or code as they were read, where they have been already.
    """

    till: Till
    scan_token: str | None
    code: str | None
    voucher_ids: Sequence[str] | None
    order_no: str
    order: Order
    is_confirmed: bool = False
    reserved: Reserved | None = None
    shown: Shown | None = None
    proof: Proof | None = None

    @property
    def order_name(self) -> orders.Name:
        """The primary key of the order's row."""
        return self.till.merchant_id, self.order_no


@dataclass(frozen=True)
class Redeeming:
    """A redemption in a group: what is asked for, under which key, and its proof as it was read beforehand.

    `scan_id` is None where the proof is a code, or no token of ours; `citizen_id` where it leads to nobody.
    `voucher_ids` are those asked for, or all that may be the best ones; of a sheet of paper its own alone may.
    """

    asked: Request
    write: once.Write
    shown: Shown | None
    scan_id: str | None
    citizen_id: str | None
    voucher_ids: Sequence[str]
    sheet: paper.Sheet | None = None

    @property
    def scan(self) -> scan.Name | None:
        """The scan that proves it, as this terminal's own."""
        return (self.scan_id, self.asked.till.terminal_id) if self.scan_id else None


@dataclass(frozen=True)
class Held:
    """The locked rows of a group, its sheets' states, whose purchase repeats the last one, what the caps leave."""

    codes: verify.Codes
    scans: Mapping[scan.Name, Row[Any]]
    taken: Mapping[orders.Name, Refusal]
    vouchers: Mapping[wallet.Name, Row[Any]]
    at: int
    repeats: Collection[str]
    left: caps.Left
    sheets: Mapping[str, str]


Ordered = tuple[Request, once.Write]
LockOrders = Callable[[Session, Sequence[orders.Name]], Callable[[], Mapping[orders.Name, Refusal]]]


def _proof_of(asked: Request) -> Proof:
    """What proves the order's holder: what a phone signed offline, its reservation's scan, or what the till sent."""
    if asked.shown is not None:
        return Proof(digits=reading.Digits(asked.shown.code, asked.shown.handle))
    if asked.reserved is not None:
        return Proof(asked.reserved.scan_id)
    return asked.proof or proof.read(asked.scan_token, asked.code)


def look(ordered: Sequence[Ordered], found: Found | None = None) -> list[Redeeming]:
    """The proof of each order, and whose it is, as far as it can be told: a look without effect.

    `found`: what stands behind the requests' proofs, where that has been asked for already.
    """
    proofs = [_proof_of(asked) for asked, _ in ordered]
    if found is None:
        with sql.looking() as connection:
            found = proof.find(connection, proofs)()
    tills = [asked.till.terminal_id for asked, _ in ordered]
    citizens = [found.citizen_of(*each) for each in zip(proofs, tills, strict=True)]
    sheets = [found.sheet_of(*each) for each in zip(proofs, tills, strict=True)]
    of_best = {who for (asked, _), who in zip(ordered, citizens, strict=True) if asked.voucher_ids is None}
    usable = wallet.usable(of_best)
    return [
        Redeeming(
            asked,
            write,
            _shown(asked, proved),
            proved.scan_id,
            who,
            _wanted(asked, usable.get(who, ()), sheet),
            sheet,
        )
        for (asked, write), proved, who, sheet in zip(ordered, proofs, citizens, sheets, strict=True)
    ]


def _wanted(asked: Request, usable: Sequence[str], sheet: paper.Sheet | None) -> Sequence[str]:
    if asked.voucher_ids is None and sheet is not None:
        return (sheet.voucher_id,)
    return usable if asked.voucher_ids is None else asked.voucher_ids


def _shown(asked: Request, proved: Proof) -> Shown | None:
    return asked.shown or (reading.at(asked.till, proved.digits, "voucher") if proved.digits else None)


def hold(
    session: Session, group: Sequence[Redeeming], lock_orders: LockOrders = orders.lock_known
) -> Callable[[], Held]:
    """Lock everything that decides, in the one lock order: sheets, handles, scans, orders, citizens, vouchers, caps.

    `lock_orders`: `orders.lock` where what is decided is fenced by no row of the order itself. Whose a scan or a handle
    is never changes: what was looked up before is enough to ask for the rest at once.
    """
    sheets = paper.lock(session, {each.sheet.sheet_id for each in group if each.sheet})
    codes = verify.hold(session, [each.shown for each in group if each.shown])()
    names = [each.scan for each in group if each.scan]
    names += [(row.id, row.terminal_id) for row in codes.unused.values()]
    holders = [(each, each.citizen_id) for each in group if each.citizen_id]
    wanted = {
        (holder, voucher_id): each.asked.till.merchant_id
        for each, holder in holders
        for voucher_id in each.voucher_ids
    }
    scans = scan.lock(session, names)
    taken = lock_orders(session, [each.asked.order_name for each in group])
    repeat.hold(session, [holder for _, holder in holders])
    vouchers, now = wallet.lock(session, wanted), clock.ask_database(session)
    purchases = [(holder, each.asked.till, each.asked.order.order_fen) for each, holder in holders]
    repeats = repeat.find(session, purchases)

    def held() -> Held:
        rows, at = vouchers(), now()
        left = caps.hold(session, _capped(holders, rows, at))
        return Held(codes, scans(), taken(), rows, at, repeats(at), left, sheets)

    return held


def _capped(
    holders: Iterable[tuple[Redeeming, str]], vouchers: Mapping[wallet.Name, Row[Any]], at: int
) -> set[tuple[str, caps.Payer]]:
    """Whose payments which campaigns limit."""
    return {
        (row.campaign_id, caps.payer(each.asked.till, holder, at))
        for each, holder in holders
        for voucher_id in each.voucher_ids
        if (row := vouchers.get((holder, voucher_id))) is not None and row.is_capped
    }
