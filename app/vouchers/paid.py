"""What a granted redemption leaves behind: its rows, its postings, its receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang import apply
from app.ankang.scan import Scanned, Till
from app.domain.quote import Line, Order
from app.ids import new_id
from app.vouchers.ledger import Transfer

REDEMPTION = {
    "id": "text",
    "merchant_id": "text",
    "store_id": "text",
    "terminal_id": "text",
    "citizen_id": "text",
    "scan_id": "text",
    "order_no": "text",
    "gross_fen": "bigint",
    "merchant_discount_fen": "bigint",
    "order_fen": "bigint",
    "face_fen": "bigint",
    "used_fen": "bigint",
    "customer_pays_fen": "bigint",
    "is_repeat": "boolean",
    "redeemed_at": "bigint",
}
LINE = {
    "id": "text",
    "redemption_id": "text",
    "voucher_id": "text",
    "campaign_id": "text",
    "batch_id": "text",
    "face_fen": "bigint",
    "subsidy_fen": "bigint",
    "order_share_fen": "bigint",
    "eligible_fen": "bigint",
}
ADD = sql.SetWise(
    f"INSERT INTO redemption ({', '.join(REDEMPTION)}, refunded_fen, state)"
    f" SELECT {', '.join(REDEMPTION)}, 0, 'effective' FROM {{items}} WHERE true",
    **REDEMPTION,
)
ADD_LINES = sql.SetWise(
    f"INSERT INTO redemption_line ({', '.join(LINE)}, effective) SELECT {', '.join(LINE)}, true FROM {{items}}"
    " WHERE true",
    **LINE,
)


@dataclass(frozen=True)
class Paid:
    """Vouchers that pay part of one order, all together. `at` is the instant of the redemption (epoch ms).

    `is_repeat`: it looked like the purchase before, and the cashier confirmed that it is another. `reservation_id`: the
    reservation that held the vouchers for this order.
    """

    till: Till
    scanned: Scanned
    order_no: str
    order: Order
    lines: Sequence[Line]
    vouchers: Mapping[str, Row[Any]] = field(repr=False)
    at: int
    is_repeat: bool = False
    reservation_id: str | None = None
    redemption_id: str = field(default_factory=lambda: new_id("rdm"))

    @property
    def face_fen(self) -> int:
        """What its vouchers are worth."""
        return sum(line.held.face_fen for line in self.lines)

    @property
    def used_fen(self) -> int:
        """What they pay of the order: the subsidy."""
        return sum(line.used_fen for line in self.lines)


def add(session: Session, paid: Sequence[Paid]) -> list[Transfer]:
    """Insert redemptions and lines; returns the postings that go with them."""
    if not paid:
        return []
    lines = [(each, _line(each.redemption_id, line)) for each in paid for line in each.lines]
    ADD.ask(session, [_redemption(each) for each in paid])
    ADD_LINES.ask(session, [row for _, row in lines])
    return [posting for each, row in lines for posting in _postings(row, each.till)]


def _redemption(paid: Paid) -> dict[str, Any]:
    return {
        "id": paid.redemption_id,
        "merchant_id": paid.till.merchant_id,
        "store_id": paid.till.store_id,
        "terminal_id": paid.till.terminal_id,
        "citizen_id": paid.scanned.citizen_id,
        "scan_id": paid.scanned.scan_id,
        "order_no": paid.order_no,
        "gross_fen": paid.order.gross_fen,
        "merchant_discount_fen": paid.order.merchant_discount_fen,
        "order_fen": paid.order.order_fen,
        "face_fen": paid.face_fen,
        "used_fen": paid.used_fen,
        "customer_pays_fen": paid.order.order_fen - paid.used_fen,
        "is_repeat": paid.is_repeat,
        "redeemed_at": paid.at,
    }


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
        "eligible_fen": line.judged.eligible_fen,
    }


def _postings(line: dict[str, Any], till: Till) -> list[Transfer]:
    """The subsidy, what was used, becomes payable to the merchant; the rest of the face is released."""
    campaign, ref, rest = line["campaign_id"], line["id"], line["face_fen"] - line["subsidy_fen"]
    whom = (till.merchant_id, till.store_id)
    return [
        Transfer(campaign, "redeem", ref, "issued", "payable", line["subsidy_fen"], *whom),
        Transfer(campaign, "forfeit", ref, "issued", "released", rest, *whom),
    ]


def receipt(paid: Paid) -> dict[str, Any]:
    """What to print: face, used, forfeited, what the customer pays, what the merchant gets back."""
    used = paid.used_fen
    return {
        "redemption_id": paid.redemption_id,
        "order_no": paid.order_no,
        "state": "redeemed",
        "order_fen": paid.order.order_fen,
        "face_fen": paid.face_fen,
        "used_fen": used,
        "forfeited_fen": sum(line.forfeited_fen for line in paid.lines),
        "customer_pays_fen": paid.order.order_fen - used,
        "reimbursed_fen": used,
        "is_repeat": paid.is_repeat,
        "redeemed_at": clock.iso(paid.at),
        "holder": apply.masked(paid.scanned.citizen_id, paid.scanned.name_ct),
        "merchant": paid.till.merchant,
        "store": paid.till.store,
        "lines": [
            {
                "voucher_id": line.held.voucher_id,
                "batch_name": paid.vouchers[line.held.voucher_id].batch_name,
                "kind": line.held.terms.kind.value,
                "face_fen": line.held.face_fen,
                "eligible_fen": line.judged.eligible_fen,
                "used_fen": line.used_fen,
                "forfeited_fen": line.forfeited_fen,
            }
            for line in paid.lines
        ],
    }
