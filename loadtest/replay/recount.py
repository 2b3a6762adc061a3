"""The same figures once more, counted from the rows with plain SQL. Reads only, and only this campaign's rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from loadtest.replay.figures import OfBatch, OfCodes, OfMerchant, OfRows

EFFECTIVE = (
    "SELECT r.id, r.order_fen - r.refunded_fen AS net_fen FROM redemption r WHERE r.state = 'effective'"
    " AND EXISTS (SELECT 1 FROM redemption_line l WHERE l.redemption_id = r.id AND l.campaign_id = :campaign)"
)
DIRECT = text(f"SELECT SUM(net_fen) FROM ({EFFECTIVE}) o")  # a constant of ours
VERIFIED = text(
    "SELECT COUNT(DISTINCT l.voucher_id) FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id"
    " WHERE l.campaign_id = :campaign AND r.state = 'effective'"
)
SUBSIDY = text(
    "SELECT SUM(l.subsidy_fen) FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id"
    " WHERE l.campaign_id = :campaign AND r.state = 'effective'"
)
VOUCHERS = text("SELECT status, COUNT(*) FROM voucher WHERE campaign_id = :campaign GROUP BY status")
CLAIMED = text("SELECT COUNT(*) FROM voucher WHERE batch_id = :batch")
LINES_OF_BATCH = text(
    "SELECT SUM(CASE WHEN r.state = 'effective' THEN 1 ELSE 0 END), SUM(CASE WHEN r.state = 'reversed' THEN 1 ELSE 0"
    " END), SUM(CASE WHEN r.state = 'effective' THEN l.subsidy_fen ELSE 0 END),"
    " SUM(CASE WHEN r.state = 'effective' THEN l.order_share_fen ELSE 0 END)"
    " FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id WHERE l.batch_id = :batch"
)
ROWS = text(
    "SELECT COUNT(*), SUM(gross_fen), SUM(merchant_discount_fen), SUM(order_fen), SUM(face_fen), SUM(used_fen),"
    " SUM(customer_pays_fen), SUM(refunded_fen) FROM redemption r"
    " WHERE EXISTS (SELECT 1 FROM redemption_line l WHERE l.redemption_id = r.id AND l.campaign_id = :campaign)"
)
ALL_LINES = text(
    "SELECT SUM(face_fen), SUM(subsidy_fen), SUM(order_share_fen) FROM redemption_line WHERE campaign_id = :campaign"
)
ACCOUNTS = text(
    "SELECT account, SUM(fen) FROM (SELECT credit AS account, amount_fen AS fen FROM transfer"
    " WHERE campaign_id = :campaign UNION ALL SELECT debit, -amount_fen FROM transfer WHERE campaign_id = :campaign) t"
    " GROUP BY account"
)
SETTLED = text(
    "SELECT redeemed_count, reversed_count, redeemed_fen, reversed_fen, net_fen FROM settlement_line"
    " WHERE settlement_id = :settlement"
)
SCANS = text("SELECT result, COUNT(*) FROM scan GROUP BY result")


@dataclass(frozen=True)
class Totals:
    """Verified vouchers, direct consumption, subsidy."""

    verified: int
    direct_fen: int
    subsidy_fen: int


class Recount:
    """All figures of one campaign, read from one connection."""

    def __init__(self, connection: Connection, campaign: str, settlement: str) -> None:
        self._connection = connection
        self._names = {"campaign": campaign, "settlement": settlement}

    def totals(self) -> Totals:
        """The campaign's three figures."""
        return Totals(
            *(int(self._connection.scalar(each, self._names) or 0) for each in (VERIFIED, DIRECT, SUBSIDY))
        )

    def vouchers(self) -> dict[str, int]:
        """How many vouchers are in each stored state."""
        return {status: int(count) for status, count in self._connection.execute(VOUCHERS, self._names)}

    def batch(self, batch_id: str) -> OfBatch:
        """One batch."""
        claimed = int(self._connection.scalar(CLAIMED, {"batch": batch_id}) or 0)
        [line] = self._connection.execute(LINES_OF_BATCH, {"batch": batch_id})
        return OfBatch(claimed, *_whole(line))

    def rows(self) -> OfRows:
        """Sums over all redemptions."""
        [row] = self._connection.execute(ROWS, self._names)
        return OfRows(*_whole(row))

    def lines(self) -> tuple[int, ...]:
        """Face, subsidy and order shares over all lines."""
        [row] = self._connection.execute(ALL_LINES, self._names)
        return tuple(_whole(row))

    def accounts(self) -> dict[str, int]:
        """The balance of each account of the campaign."""
        return {account: int(fen) for account, fen in self._connection.execute(ACCOUNTS, self._names)}

    def settled(self) -> tuple[Counter[OfMerchant], int]:
        """The settlement's lines as a bag, and what their net amounts add up to."""
        lines = [_whole(row) for row in self._connection.execute(SETTLED, self._names)]
        return Counter(OfMerchant(*line[:4]) for line in lines), sum(line[4] for line in lines)

    def codes(self) -> OfCodes:
        """The code counters of the whole platform, as rows."""
        scans = {result: int(count) for result, count in self._connection.execute(SCANS)}
        accepted = scans.pop("accepted", 0)
        return OfCodes(self._count("citizen"), self._count("code_handle"), accepted, scans)

    def _count(self, table: str) -> int:
        return int(self._connection.scalar(text(f"SELECT COUNT(*) FROM {table}")) or 0)  # our names


def _whole(row: Any) -> list[int]:
    return [int(value or 0) for value in row]
