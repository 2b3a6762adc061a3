"""What the client said about every order, beside what the platform's books say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

UNKNOWN, REFUSED, RESERVED, REDEEMED, REVERSED = "unknown", "refused", "reserved", "redeemed", "reversed"
# Answers about the request itself: what was known of the order stays.
OF_THE_REQUEST = {400, 401, 403, 413, 415, 422, 429}


@dataclass(frozen=True)
class Row:
    """One order in the books: its state, its amounts in fen, why it was refused."""

    state: str = UNKNOWN
    order_fen: int = 0
    used_fen: int = 0
    customer_pays_fen: int = 0
    refunded_fen: int = 0
    refusal: str | None = None


class Books:
    """What a client's answers add up to, by order number."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def open(self, order_no: str) -> None:
        """The list is about to use this number."""
        self.rows.setdefault(order_no, Row())

    def redeemed(self, receipt: Mapping[str, Any]) -> None:
        """A receipt was printed; an earlier refund of the order stays."""
        before = self.rows.get(str(receipt["order_no"]), Row())
        if before.state in (UNKNOWN, REFUSED, RESERVED):
            self.rows[str(receipt["order_no"])] = _paid(receipt)

    def refused(self, order_no: str, answer: Mapping[str, Any]) -> None:
        """A sale was refused: the number is remembered for it, unless it stands for something already."""
        if answer.get("status") not in OF_THE_REQUEST and self.rows[order_no].state in (UNKNOWN, REFUSED):
            self.rows[order_no] = Row(REFUSED, refusal=str(answer.get("code")))

    def reserved(self, order_no: str) -> None:
        """Vouchers are held for it."""
        self.rows[order_no] = Row(RESERVED)

    def released(self, order_no: str) -> None:
        """They are given back."""
        self.rows[order_no] = Row(REFUSED, refusal="reservation_released")

    def reversed(self, answer: Mapping[str, Any]) -> None:
        """A reversal or a refund was answered."""
        order_no = str(answer["order_no"])
        told = {"state": str(answer["state"]), "refunded_fen": int(answer["refunded_fen"]), "refusal": None}
        self.rows[order_no] = replace(self.rows[order_no], **told)  # type: ignore[arg-type]  # by their names

    def found(self, answer: Mapping[str, Any]) -> None:
        """An order was looked up."""
        self.rows[str(answer["order_no"])] = of_query(answer)


def of_query(found: Mapping[str, Any] | None) -> Row:
    """The row of the final word on an order."""
    if found is None:
        return Row()
    receipt, reversal = found.get("receipt"), found.get("reversal")
    row = _paid(receipt) if receipt else Row()
    refunded = sum(each["reversed_fen"] for each in found.get("refunds") or ())
    if reversal:
        refunded = reversal["refunded_fen"]
    return replace(row, state=found["state"], refunded_fen=refunded, refusal=found.get("refusal"))


def of_listing(item: Mapping[str, Any]) -> Row:
    """The row of one redemption in the merchant's list."""
    return replace(_paid(item), state=item["state"], refunded_fen=item["refunded_fen"])


def differences(
    said: Mapping[str, Row], queried: Mapping[str, Row], listed: Mapping[str, Row], prefix: str
) -> list[str]:
    """Where the client, the query by number and the list do not agree; also orders in the list nobody spoke of."""
    found = list[str]()
    for order_no, row in said.items():
        found += _apart(order_no, "客户端 client", row, "查单 query", queried.get(order_no, Row()))
        has_redemption = row.order_fen > 0
        if has_redemption or order_no in listed:
            found += _apart(order_no, "客户端 client", row, "对账 list", listed.get(order_no, Row()))
    strangers = [number for number in listed if number.startswith(prefix) and number not in said]
    return found + [
        f"{number}: 对账里有，客户端没说过 in the list, the client never said so" for number in strangers
    ]


def normalised(rows: Mapping[str, Row], prefix: str) -> dict[str, Row]:
    """The rows by what comes after the run's prefix: equal for equal runs."""
    return {order_no.removeprefix(prefix): row for order_no, row in rows.items()}


def between_runs(first: Mapping[str, Row], second: Mapping[str, Row]) -> list[str]:
    """Where the books of two runs differ."""
    names = sorted({*first, *second})
    return [
        difference
        for name in names
        for difference in _apart(
            name, "直连 plain", first.get(name, Row()), "丢包 lossy", second.get(name, Row())
        )
    ]


def _paid(receipt: Mapping[str, Any]) -> Row:
    order_fen, used_fen, pays_fen = (
        int(receipt[name]) for name in ("order_fen", "used_fen", "customer_pays_fen")
    )
    return Row(REDEEMED, order_fen, used_fen, pays_fen)


def _apart(name: str, one: str, first: Row, other: str, second: Row) -> Iterable[str]:
    for each in fields(Row):
        ours, theirs = getattr(first, each.name), getattr(second, each.name)
        if ours != theirs:
            yield f"{name} {each.name}: {one} {ours}, {other} {theirs}"
