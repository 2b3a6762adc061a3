"""What a voucher of certain terms would take off an order, worked out by the very rules that a quote follows (试算)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.instants import DAY_MS
from app.domain.money import MAX_FEN
from app.domain.quote import Held, Order, judge, lines_of
from app.domain.refusals import Refusal
from app.domain.terms import WHOLE_BP, Place, Terms
from app.domain.voucher_state import Status

YUAN = 100


@dataclass(frozen=True)
class Worked:
    """One order: what the voucher takes off it and what is left to pay; else why not, and what is short."""

    order_fen: int
    off_fen: int = 0
    reason: Refusal | None = None
    shortfall_fen: int | None = None

    @property
    def pays_fen(self) -> int:
        """What the customer pays."""
        return self.order_fen - self.off_fen


def worked(terms: Terms, face_fen: int, threshold_fen: int, order_fen: int) -> Worked:
    """An order of goods the voucher is for, where and when it is good: the sums are all that is in question."""
    # days and hours are said in the rule; an example has none
    anytime = replace(terms, weekdays=None, hours=None)
    held = Held(
        voucher_id="",
        campaign_id="",
        batch_id="",
        status=Status.ISSUED,
        face_fen=face_fen,
        threshold_fen=threshold_fen,
        valid_from=0,
        valid_to=DAY_MS,
        is_test=False,
        terms=anytime,
        is_merchant_named=True,
    )
    place = Place(_first(terms.categories), _first(terms.areas))
    judged = judge(held, Order(order_fen, items=_goods(terms, order_fen)), 0, place)
    if judged.reason is not None:
        return Worked(order_fen, reason=judged.reason, shortfall_fen=judged.shortfall_fen)
    (line,) = lines_of([judged], Order(order_fen, items=_goods(terms, order_fen)))
    return Worked(order_fen, line.used_fen)


def telling_orders(terms: Terms, face_fen: int, threshold_fen: int) -> list[int]:
    """Orders (fen) that show where it begins and where it ends: a yuan short, just enough, at its most, twice that."""
    most = face_fen if terms.off_bp is None else -(-face_fen * WHOLE_BP // terms.off_bp)
    enough = threshold_fen or max(1, face_fen // 2)
    most = max(most, enough)
    told = {enough - YUAN if threshold_fen else enough, enough, most, 2 * most}
    return sorted(fen for fen in told if 0 < fen <= MAX_FEN)


def _first(names: tuple[str, ...] | None) -> str:
    return names[0] if names else ""


def _goods(terms: Terms, order_fen: int) -> tuple[tuple[str, int], ...]:
    if terms.goods_in:
        return ((terms.goods_in[0], order_fen),)
    return (("", order_fen),) if terms.needs_basket else ()
