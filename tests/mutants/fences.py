"""The fences of claim, redeem and reverse: per breach every SQL fence that stands against it, and how to remove it.

A fence is a condition of a shipped statement, a rule judged on a locked row, or a constraint of the schema.
"""

from __future__ import annotations

from app.sql import beside_indexes
from tests.mutants import merchant_fences, paper_fences, settlement_fences, swaps
from tests.mutants.kinds import Breach, Cut, Fence, Swap

GRANT, REDEEM, REVERSE = "app.vouchers.grant", "app.vouchers.redeem", "app.vouchers.reverse"
ORDERS, ONCE, WALLET = "app.vouchers.orders", "app.once", "app.vouchers.wallet"
SCAN, VERIFY = "app.ankang.scan", "app.ankang.verify"

BREACHES: tuple[Breach, ...] = (
    Breach(
        "oversold",
        frozenset({"I1"}),
        "SELECT b.id FROM batch b WHERE (SELECT COUNT(*) FROM voucher v WHERE v.batch_id = b.id) > b.stock",
        (
            Fence("stock by the locked row", (Swap(GRANT, "_by_batch", swaps.bottomless),)),
            Fence(
                "stock in the statement",
                (Cut(GRANT, "TAKE_UNITS", " AND batch.claimed + item.units <= batch.stock"),),
            ),
            Fence("stock in the row's CHECK", constraint="ck_batch_stock"),
        ),
    ),
    Breach(
        "person limit passed",
        frozenset({"I3"}),
        "SELECT v.citizen_id FROM voucher v JOIN batch b ON b.id = v.batch_id"
        " GROUP BY v.batch_id, v.citizen_id, b.person_limit HAVING COUNT(*) > b.person_limit",
        (
            # A counter that neither stops nor tells its callers apart: everybody gets the first ordinal.
            Fence(
                "the counter's condition and ordinal",
                (
                    Cut(
                        GRANT,
                        "COUNT_PERSONS",
                        " WHERE counter.used + 1 <= excluded.cap"
                        " RETURNING kind, scope_id, subject_id, day, used",
                        " RETURNING kind, scope_id, subject_id, day, 1 AS used",
                    ),
                ),
            ),
            Fence("the counter's CHECK", constraint="ck_counter_cap"),
            Fence("one voucher an ordinal", constraint="uq_voucher_batch_id_citizen_id_ordinal"),
        ),
    ),
    Breach(
        "two vouchers for one key",
        frozenset({"I10"}),
        "SELECT v.id FROM voucher v WHERE NOT EXISTS (SELECT 1 FROM idempotency i"
        " WHERE i.operation = 'claim' AND i.object_id = v.id)",
        (
            Fence(
                "one answer a key",
                (
                    Cut(
                        ONCE,
                        "STORE_ALL",
                        "DO NOTHING",
                        "DO UPDATE SET request_hash = excluded.request_hash",
                    ),
                    Swap(ONCE, "look_up_all", swaps.forgetful),
                ),
            ),
        ),
    ),
    Breach(
        "code accepted twice",
        frozenset({"I11"}),
        "SELECT epoch, handle, code_step FROM scan WHERE result = 'accepted'"
        " GROUP BY epoch, handle, code_step HAVING COUNT(*) > 1",
        (
            Fence(
                "the rule on the locked handle",
                (
                    Swap(VERIFY, "_verdict", swaps.always_new),
                    Swap(VERIFY, "_why_not", swaps.no_reason),
                    Swap(VERIFY, "LOCK", swaps.without_row_locks),
                ),
            ),
            Fence(
                "step and status in the statement",
                (
                    Cut(
                        VERIFY,
                        "CONSUME",
                        " AND code_handle.last_step < item.step AND code_handle.status = 'live'",
                    ),
                ),
            ),
            Fence("one accepted scan a step", constraint="uq_scan_accepted"),
        ),
    ),
    Breach(
        "scan pays two orders",
        frozenset({"I11"}),
        "SELECT scan_id FROM redemption WHERE state = 'effective' GROUP BY scan_id HAVING COUNT(*) > 1",
        (
            Fence("the order on the locked scan", (Swap(SCAN, "judged", swaps.unbound),)),
            Fence(
                "the order in the statement",
                (Cut(SCAN, "BIND", " AND (scan.order_no IS NULL OR scan.order_no = item.order_no)"),),
            ),
        ),
    ),
    Breach(
        "voucher redeemed twice",
        frozenset({"I4", "I7"}),
        "SELECT voucher_id FROM redemption_line WHERE effective GROUP BY voucher_id HAVING COUNT(*) > 1",
        (
            Fence(
                "the rule on the locked row",
                (
                    Swap("app.domain.quote", "judge", swaps.status_blind),
                    Swap(WALLET, "LOCK", swaps.without_row_locks),
                ),
            ),
            Fence(
                "the status in the statement",
                (Cut(REDEEM, "TAKE_VOUCHERS", f" AND {beside_indexes('voucher.status')} = 'issued'"),),
            ),
            Fence("one effective line a voucher", constraint="uq_redemption_line_effective"),
        ),
    ),
    Breach(
        "held voucher redeemed",
        frozenset({"I4"}),
        "SELECT l.voucher_id FROM reservation s JOIN reservation_voucher n ON n.reservation_id = s.id"
        " JOIN redemption_line l ON l.voucher_id = n.voucher_id JOIN redemption r ON r.id = l.redemption_id"
        " WHERE r.order_no <> s.order_no AND r.redeemed_at >= s.reserved_at AND r.redeemed_at < s.hold_until",
        (
            Fence("the hold on the locked row", (Swap("app.domain.quote", "judge", swaps.hold_blind),)),
            Fence(
                "the hold in the statement",
                (
                    Cut(
                        REDEEM,
                        "TAKE_VOUCHERS",
                        " AND (voucher.hold_until <= item.at OR voucher.reservation_id = item.reservation_id)",
                    ),
                ),
            ),
        ),
    ),
    Breach(
        "voucher held twice",
        frozenset(),
        "SELECT a.voucher_id FROM reservation_voucher a JOIN reservation_voucher b ON b.voucher_id = a.voucher_id"
        " AND b.reservation_id > a.reservation_id",
        (
            Fence(
                "no hold on the locked row",
                (
                    Swap("app.domain.quote", "judge", swaps.hold_blind),
                    Swap(WALLET, "LOCK", swaps.without_row_locks),
                ),
            ),
            Fence(
                "no hold in the statement",
                (Cut("app.vouchers.holds", "HOLD", " AND voucher.hold_until <= item.at"),),
            ),
        ),
    ),
    Breach(
        "cap of the day passed",
        frozenset({"I3"}),
        "SELECT c.id FROM campaign c JOIN redemption_line l ON l.campaign_id = c.id AND l.effective"
        " GROUP BY c.id, c.day_subsidy_fen HAVING SUM(l.subsidy_fen) > c.day_subsidy_fen",
        (
            Fence("the cap by the locked counter", (Swap("app.vouchers.caps", "Left", swaps.generous),)),
            Fence(
                "the cap in the statement",
                (Cut("app.vouchers.caps", "SPEND", " AND counter.used + item.fen <= counter.cap"),),
            ),
            Fence("the counter's CHECK", constraint="ck_counter_cap"),
        ),
    ),
    Breach(
        "order redeemed twice",
        frozenset({"I5"}),
        "SELECT merchant_id, order_no FROM redemption WHERE state = 'effective'"
        " GROUP BY merchant_id, order_no HAVING COUNT(*) > 1",
        (
            # A number that nobody had is locked by nobody: the look at it and the statement are one fence.
            Fence(
                "the order's state, seen and fenced",
                (
                    Cut(ORDERS, "LOCK_KNOWN", " ORDER BY", " WHERE o.state = 'refused' ORDER BY"),
                    Cut(ORDERS, "TAKE", " WHERE orders.state = 'refused'"),
                ),
            ),
            Fence("one redemption a number", constraint="uq_redemption_merchant_id_order_no"),
        ),
    ),
    Breach(
        "redeemed after its reversal",
        frozenset(),
        "SELECT r.id FROM redemption r JOIN idempotency i ON i.operation = 'reverse'"
        """ AND i.body LIKE '%"order_no":"' || r.order_no || '"%' WHERE r.state = 'effective'""",
        (
            Fence(
                "the state under the order's lock",
                (Cut(ORDERS, "LOCK_KNOWN", " ORDER BY", " WHERE o.state = 'refused' ORDER BY"),),
            ),
            Fence("the state in the statement", (Cut(ORDERS, "TAKE", " WHERE orders.state = 'refused'"),)),
        ),
    ),
    Breach(
        "reversed twice",
        frozenset({"I7", "I8"}),
        "SELECT ref FROM transfer WHERE kind = 'reverse' GROUP BY ref HAVING COUNT(*) > 1",
        (
            Fence("the order's state", (Cut(ORDERS, "REVERSE", " WHERE orders.state <> 'reversed'"),)),
            Fence(
                "the redemption's state",
                (Cut(REVERSE, "UNDO_REDEMPTION", " AND state = 'effective' AND refunded_fen = 0"),),
            ),
            Fence("the line's state", (Cut(REVERSE, "UNDO_LINE", " AND effective"),)),
            Fence("the voucher's status", (Cut(REVERSE, "RETURN_VOUCHER", " AND status = 'redeemed'"),)),
            Fence("one posting a line", constraint="uq_transfer_kind_ref"),
        ),
    ),
    Breach(
        "refunded too much",
        frozenset({"I8"}),
        "SELECT r.id FROM redemption r JOIN refund f ON f.redemption_id = r.id GROUP BY r.id, r.order_fen"
        " HAVING SUM(f.refund_fen) > r.order_fen",
        (
            Fence(
                "what is left by the locked rows", (Swap("app.domain.refund", "refund", swaps.unrefunded),)
            ),
            Fence(
                "what is left in the statement",
                (Cut("app.vouchers.refund", "TAKE_PART", " AND refunded_fen + :refund_fen <= order_fen"),),
            ),
            Fence("what is left in the redemption's CHECK", constraint="ck_redemption_refunded"),
            Fence("what is left in the line's CHECK", constraint="ck_redemption_line_refunded"),
            Fence("the subsidy in the line's CHECK", constraint="ck_redemption_line_returned"),
        ),
    ),
    Breach(
        "returned to the treasury twice",
        frozenset({"I6"}),
        "SELECT ref FROM transfer WHERE kind LIKE 'return%' GROUP BY kind, ref HAVING COUNT(*) > 1",
        (
            Fence(
                "a return is let go once",
                (
                    Cut("campaigns.returns", "DECIDE", " AND state = 'requested'"),
                    Swap("campaigns.returns", "returnable", swaps.enough_is_left),
                ),
                constraint="uq_transfer_kind_ref",
            ),
        ),
    ),
    *merchant_fences.BREACHES,
    *paper_fences.BREACHES,
    *settlement_fences.BREACHES,
)

# What is no SQL fence: Redis in front of them, and a redemption that waits to be told to go on.
GATE = Fence("the gate", (Swap("app.gate.admission", "ask", swaps.open_gate),))
LOCK = Fence("the lock", (Swap("app.gate.lock", "hold", swaps.no_lock),))
HASTE = Fence(
    "haste",
    (Swap(REDEEM, "_effects", swaps.held_open), Swap("app.gate.lock", "TTL_MS", swaps.a_minute)),
)
EVERYTHING = {
    fence.name: fence
    for fence in (GATE, LOCK, HASTE, *(fence for breach in BREACHES for fence in breach.fences))
}
