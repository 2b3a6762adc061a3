"""The chart of accounts: where a campaign's money can be, and every way it moves (design 9).

A posting of a kind that is not in `KINDS`, or on another way, is found by the audit (I6); a kind that moves
`released` money needs a cause, so that the report of what is left can say why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Account:
    """One account of a campaign; `payable` to `paid` are kept per merchant."""

    name: str
    zh: str
    en: str


TREASURY = Account("treasury", "国库", "the treasury: what it gave is its negative balance")
ACCOUNTS = (
    TREASURY,
    Account("budget", "未领取", "given to the campaign and not claimed yet"),
    Account("issued", "已领未用", "face value of vouchers that are held and unused"),
    Account("released", "已释放", "came back: expired, forfeited, refunded; not granted again"),
    Account("payable", "应付商户", "subsidies of redemptions, not paid yet; negative after a late refund"),
    Account("held", "暂扣", "payable, but held for a reason"),
    Account("paying", "拨付中", "sent to the bank, no final word yet"),
    Account("paid", "已拨付", "the bank's final word"),
)
NAMES = tuple(account.name for account in ACCOUNTS)
MERCHANTS = ("payable", "held", "paying", "paid")

# Each kind of posting, with the ways (debit, credit) it may go.
KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "fund": (("treasury", "budget"),),
    "claim": (("budget", "issued"),),
    "redeem": (("issued", "payable"),),
    "forfeit": (("issued", "released"),),
    "unforfeit": (("released", "issued"),),
    "reverse": (("payable", "issued"), ("payable", "released")),
    "refund": (("payable", "released"),),
    "expire": (("issued", "released"),),
    "payout": (("payable", "paying"),),
    "payout_back": (("paying", "payable"),),
    "payout_paid": (("paying", "paid"),),
    "hold": (("payable", "held"),),
    "free": (("held", "payable"),),
    "uphold": (("held", "released"),),
    "gesture": (("budget", "payable"),),
    "clawback": (("payable", "released"),),
    "return": (("budget", "treasury"),),
    "return_released": (("released", "treasury"),),
}

# What leaves `payable` for the bank, or comes back from it: no part of what a merchant has earned.
NOT_EARNED = ("payout", "payout_back")

# Why money is in `released`, by the kind of posting that moved it there or away.
RELEASED_BY: dict[str, str] = {
    "expire": "expired",
    "forfeit": "forfeited",
    "unforfeit": "forfeited",
    "refund": "refunded",
    "reverse": "lapsed",
    "uphold": "upheld",
    "clawback": "clawed_back",
    "return_released": "returned",
}

# What a line of the report of left-over money says, in its order.
CAUSES: dict[str, tuple[str, str]] = {
    "unclaimed": ("未被领取", "never claimed"),
    "reserved": ("已领未用的券占用", "reserved by unused vouchers"),
    "expired": ("券过期未用", "released: the voucher expired unused"),
    "forfeited": ("核销时未用足面额", "released: a redemption used less than the face"),
    "refunded": ("部分退款收回", "released: the subsidy's part of a refund"),
    "lapsed": ("退券时已过期", "released: reversed after the voucher's end"),
    "upheld": ("暂缓后不予支付", "released: held, and kept after the case was decided"),
    "clawed_back": ("追回", "released: taken back from a merchant by two persons"),
    "returned": ("已退回国库", "gone back to the treasury"),
    "payable": ("应付商户", "owed to merchants"),
    "held": ("暂扣待查", "held for a reason"),
    "paying": ("拨付中", "sent to the bank"),
    "paid": ("已拨付", "paid to merchants"),
}
_CAUSE_OF = {"budget": "unclaimed", "issued": "reserved"}


def way(kind: str) -> tuple[str, str]:
    """Debit and credit of a posting of a kind that goes one way only."""
    (only,) = KINDS[kind]
    return only


def gain(kind: str) -> int:
    """Whether a posting of this kind, one that moves `payable`, raises it (1) or lowers it (-1)."""
    return 1 if KINDS[kind][0][1] == "payable" else -1


def listed(kinds: Iterable[str]) -> str:
    """These kinds as an SQL list: `'payout', 'payout_back'`."""
    return ", ".join(f"'{kind}'" for kind in kinds)


def cause(account: str, kind: str) -> str:
    """Why a posting of this kind changed this account, as a key of `CAUSES`. Raises KeyError for an unknown kind."""
    if kind.startswith("return"):
        return "returned"
    return RELEASED_BY[kind] if account == "released" else _CAUSE_OF.get(account, account)
