"""The fences of settlements and payouts: approved by another, sent to the bank once, and its first word is the last."""

from __future__ import annotations

from tests.mutants import settlement_swaps as swaps
from tests.mutants.kinds import Breach, Cut, Fence, Swap

SETTLEMENT, MAKE, RESULTS = "campaigns.settlement", "campaigns.payouts.make", "campaigns.payouts.results"
ANY_TIME = Cut(MAKE, "TURNSTILE", " AND number = 1", " AND number = 0")
LIVE_TWICE = (
    "SELECT p.settlement_id, p.merchant_id FROM payout p JOIN payout_attempt a ON a.payout_id = p.id"
    " AND a.state <> 'refused' GROUP BY p.settlement_id, p.merchant_id HAVING COUNT(a.id) > 1"
)

BREACHES = (
    Breach(
        "approved by its opener",
        frozenset({"I18"}),
        "SELECT id FROM settlement_batch WHERE approver_id = opener_id",
        (
            Fence("the opener by the row", (Swap(SETTLEMENT, "_is_own", swaps.nobodys),)),
            Fence(
                "the opener in the statement", (Cut(SETTLEMENT, "APPROVE", " AND opener_id <> :actor_id"),)
            ),
            Fence("the opener in the batch's CHECK", constraint="ck_settlement_batch_two_persons"),
        ),
    ),
    Breach(
        "two payouts of one line",
        frozenset({"I8"}),
        LIVE_TWICE,
        (
            Fence("what is covered", (Swap("app.domain.settlement", "due", swaps.greedy), ANY_TIME)),
            Fence(
                "one payout a merchant",
                (Swap(MAKE, "_known", swaps.none_known),),
                constraint="uq_payout_settlement_id_merchant_id",
            ),
        ),
    ),
    Breach(
        "two live attempts",
        frozenset({"I9"}),
        LIVE_TWICE,
        (
            Fence(
                "the payout's state",
                (
                    Swap(MAKE, "_asks", swaps.always_asks),
                    Cut(MAKE, "AGAIN", " AND state = 'refused'"),
                    ANY_TIME,
                ),
            ),
            Fence("one live attempt", constraint="uq_payout_attempt_live"),
        ),
    ),
    Breach(
        "paid and refused",
        frozenset({"I9"}),
        "SELECT ref FROM transfer WHERE kind IN ('payout_paid', 'payout_back') GROUP BY ref HAVING COUNT(*) > 1",
        (
            Fence(
                "the bank's final word",
                (
                    Swap("app.domain.payout", "judge", swaps.credulous),
                    Cut(RESULTS, "DECIDE", " AND state IN ('sent', 'unknown')"),
                    Cut(RESULTS, "FOLLOW", " AND state = 'paying'"),
                    ANY_TIME,
                ),
            ),
        ),
    ),
)
