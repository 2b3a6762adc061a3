"""The promises as queries (design 5): each returns the rows that break it, so an empty result means kept."""

from __future__ import annotations

from app.cli import audit_paper, audit_settled, audit_told
from app.cli.audit_check import Check
from app.domain.accounts import KINDS, NOT_EARNED, listed

_BALANCE = (
    "(SELECT COALESCE(SUM(CASE WHEN t.credit = '{account}' THEN t.amount_fen ELSE -t.amount_fen END), 0)"
    " FROM transfer t WHERE t.campaign_id = c.id AND '{account}' IN (t.credit, t.debit))"
)


def _balance(account: str) -> str:
    return _BALANCE.format(account=account)


_OF_WINNER = "r.batch_id = v.batch_id AND r.citizen_id = v.citizen_id AND r.rank IS NOT NULL"

_KNOWN_WAYS = " OR ".join(
    f"(kind = '{kind}' AND debit = '{debit}' AND credit = '{credit}')"
    for kind, ways in KINDS.items()
    for debit, credit in ways
)

CHECKS: tuple[Check, ...] = (
    Check(
        "I1",
        "claimed = count(voucher) <= stock",
        "SELECT b.id, b.stock, b.claimed, COUNT(v.id) AS vouchers FROM batch b LEFT JOIN voucher v ON v.batch_id = b.id"
        " GROUP BY b.id, b.stock, b.claimed HAVING b.claimed <> COUNT(v.id) OR b.claimed > b.stock",
    ),
    Check(
        "I2",
        "granted = Σ face <= allotted <= budget",
        "SELECT c.id, c.budget_fen, c.allotted_fen, COALESCE(SUM(v.face_fen), 0) AS granted_fen FROM campaign c"
        " LEFT JOIN voucher v ON v.campaign_id = c.id GROUP BY c.id, c.budget_fen, c.allotted_fen"
        " HAVING COALESCE(SUM(v.face_fen), 0) > c.allotted_fen OR c.allotted_fen > c.budget_fen",
    ),
    Check(
        "I3",
        "vouchers per batch and person <= limit, and the counter knows them",
        "SELECT v.batch_id, v.citizen_id, COUNT(*) AS vouchers, b.person_limit, n.used FROM voucher v"
        " JOIN batch b ON b.id = v.batch_id LEFT JOIN counter n ON n.kind = 'person' AND n.scope_id = v.batch_id"
        " AND n.subject_id = v.citizen_id GROUP BY v.batch_id, v.citizen_id, b.person_limit, n.used"
        " HAVING COUNT(*) > b.person_limit OR n.used IS NULL OR n.used <> COUNT(*)",
    ),
    Check(
        "I3",
        "the counters of the day are within their caps and sum to what the campaign's vouchers paid",
        "SELECT n.scope_id AS id, n.kind, SUM(n.used) AS counted_fen, MAX(n.used - n.cap) AS above_fen FROM counter n"
        " WHERE n.kind IN ('day_subsidy', 'citizen_day', 'terminal_day', 'merchant_day') GROUP BY n.scope_id, n.kind"
        " HAVING MAX(n.used - n.cap) > 0 OR SUM(n.used) <> (SELECT COALESCE(SUM(l.subsidy_fen - l.returned_fen), 0)"
        "  FROM redemption_line l WHERE l.campaign_id = n.scope_id AND l.effective)",
    ),
    Check(
        "I4",
        "a voucher is redeemed exactly when it has one effective redemption",
        "SELECT v.id, v.status, COUNT(l.id) AS effective FROM voucher v"
        " LEFT JOIN redemption_line l ON l.voucher_id = v.id AND l.effective GROUP BY v.id, v.status"
        " HAVING COUNT(l.id) > 1 OR (v.status = 'redeemed') <> (COUNT(l.id) = 1)",
    ),
    Check(
        "I4",
        "no other order redeems a voucher while a reservation holds it",
        "SELECT s.id, s.order_no, l.voucher_id, r.order_no AS redeemed_by FROM reservation s"
        " JOIN reservation_voucher n ON n.reservation_id = s.id JOIN redemption_line l ON l.voucher_id = n.voucher_id"
        " JOIN redemption r ON r.id = l.redemption_id WHERE r.redeemed_at >= s.reserved_at"
        " AND r.redeemed_at < s.hold_until AND (s.released_at IS NULL OR r.redeemed_at < s.released_at)"
        " AND (r.merchant_id <> s.merchant_id OR r.order_no <> s.order_no)",
    ),
    Check(
        "I5",
        "an order is redeemed exactly when its redemption is effective",
        "SELECT r.id, r.order_no, r.state, o.state AS order_state FROM redemption r"
        " LEFT JOIN orders o ON o.merchant_id = r.merchant_id AND o.order_no = r.order_no"
        " WHERE o.state IS NULL OR o.redemption_id <> r.id"
        " OR (r.state = 'effective' AND o.state <> 'redeemed') OR (r.state = 'reversed' AND o.state <> 'reversed')"
        " UNION ALL SELECT l.id, r.order_no, r.state, 'line' FROM redemption_line l"
        " JOIN redemption r ON r.id = l.redemption_id WHERE l.effective <> (r.state = 'effective')",
    ),
    Check(
        "I6",
        "budget, issued and released are never below zero; an approved budget is funded once",
        f"SELECT c.id, {_balance('budget')} AS budget, {_balance('issued')} AS issued,"
        f" {_balance('released')} AS released FROM campaign c"
        f" WHERE {_balance('budget')} < 0 OR {_balance('issued')} < 0 OR {_balance('released')} < 0"
        " OR (c.approver_id IS NOT NULL AND (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfer t"
        "  WHERE t.campaign_id = c.id AND t.debit = 'treasury') <> c.budget_fen)",
    ),
    Check(
        "I6",
        "every posting is of a kind and goes a way that the chart of accounts has",
        f"SELECT id, campaign_id, kind, debit, credit FROM transfer WHERE NOT ({_KNOWN_WAYS})",
    ),
    Check(
        "I6",
        "money goes back to the treasury only as a second person let it go, and all of it",
        "SELECT campaign_id AS id, ref, SUM(fen) AS difference_fen FROM ("
        " SELECT campaign_id, ref, amount_fen AS fen FROM transfer WHERE credit = 'treasury'"
        " UNION ALL SELECT campaign_id, id, -budget_fen - released_fen FROM treasury_return WHERE state = 'approved'"
        ") AS both_sides GROUP BY campaign_id, ref HAVING SUM(fen) <> 0",
    ),
    Check(
        "I7",
        "balance of issued = Σ face of issued vouchers",
        f"SELECT c.id, {_balance('issued')} AS issued, (SELECT COALESCE(SUM(face_fen), 0) FROM voucher v"
        f" WHERE v.campaign_id = c.id AND v.status = 'issued') AS faces FROM campaign c"
        f" WHERE {_balance('issued')} <> (SELECT COALESCE(SUM(face_fen), 0) FROM voucher v"
        " WHERE v.campaign_id = c.id AND v.status = 'issued')",
    ),
    Check(
        "I8",
        "payable, held, paying and paid per campaign and merchant = Σ net subsidy, adjusted, less what was upheld",
        "SELECT campaign_id, merchant_id, SUM(fen) AS difference FROM ("
        " SELECT campaign_id, merchant_id, CASE WHEN credit IN ('payable','held','paying','paid') THEN amount_fen"
        "  ELSE 0 END - CASE WHEN debit IN ('payable','held','paying','paid') THEN amount_fen ELSE 0 END AS fen"
        "  FROM transfer WHERE merchant_id IS NOT NULL"
        " UNION ALL SELECT l.campaign_id, r.merchant_id, l.returned_fen - l.subsidy_fen FROM redemption_line l"
        "  JOIN redemption r ON r.id = l.redemption_id WHERE l.effective"
        " UNION ALL SELECT campaign_id, merchant_id, CASE WHEN kind = 'gesture' THEN -amount_fen ELSE amount_fen END"
        "  FROM adjustment WHERE state = 'approved'"
        " UNION ALL SELECT c.campaign_id, c.merchant_id, i.upheld_fen FROM hold_item i"
        "  JOIN hold_case c ON c.id = i.case_id WHERE i.state = 'upheld'"
        ") AS both_sides GROUP BY campaign_id, merchant_id HAVING SUM(fen) <> 0",
    ),
    Check(
        "I9",
        "posting numbers have no gap and belong to the clock",
        "SELECT p.campaign_id, p.last_no, COUNT(t.id) AS postings, COALESCE(MAX(t.posting_no), 0) AS highest"
        " FROM posting_clock p"
        " LEFT JOIN transfer t ON t.campaign_id = p.campaign_id AND t.posting_no IS NOT NULL"
        " GROUP BY p.campaign_id, p.last_no"
        " HAVING p.last_no <> COUNT(t.id) OR p.last_no <> COALESCE(MAX(t.posting_no), 0)",
    ),
    Check(
        "I9",
        "every posting is in at most one batch: each interval starts where the one before ended",
        "SELECT s.id, s.campaign_id, s.number, s.from_no, s.to_no FROM settlement_batch s"
        " LEFT JOIN settlement_batch p ON p.campaign_id = s.campaign_id AND p.number = s.number - 1"
        " WHERE s.from_no <> COALESCE(p.to_no, 0) OR s.to_no < s.from_no",
    ),
    Check(
        "I9",
        "a batch's total = Σ its lines = Σ its interval",
        "SELECT * FROM (SELECT s.id, s.total_fen,"
        " COALESCE((SELECT SUM(net_fen) FROM settlement_line l WHERE l.settlement_id = s.id), 0) AS lines_fen,"
        " COALESCE((SELECT SUM(CASE WHEN t.credit = 'payable' THEN t.amount_fen ELSE -t.amount_fen END)"
        "  FROM transfer t WHERE t.campaign_id = s.campaign_id"
        "  AND t.posting_no > s.from_no AND t.posting_no <= s.to_no"
        f"  AND t.kind NOT IN ({listed(NOT_EARNED)})), 0) AS interval_fen"
        " FROM settlement_batch s WHERE s.state <> 'opened') AS sums"
        " WHERE total_fen <> lines_fen OR total_fen <> interval_fen",
    ),
    Check(
        "I10",
        'every stored "granted" or "redeemed" has its object and names it',
        "SELECT i.caller, i.operation, i.key, i.object_id FROM idempotency i"
        " LEFT JOIN voucher v ON i.operation = 'claim' AND v.id = i.object_id AND v.citizen_id = i.caller"
        " LEFT JOIN redemption r ON i.operation = 'redeem' AND r.id = i.object_id AND r.terminal_id = i.caller"
        " WHERE i.operation IN ('claim', 'redeem') AND i.status BETWEEN 200 AND 299"
        " AND (COALESCE(v.id, r.id) IS NULL OR i.body NOT LIKE '%\"' || i.object_id || '\"%')",
    ),
    Check(
        "I10",
        "every voucher and redemption has one stored answer, list row or prize that grants it; answers are complete",
        "SELECT v.id AS id, COUNT(i.key) + COUNT(t.row_no) + COUNT(g.number) AS answers FROM voucher v"
        " LEFT JOIN idempotency i ON i.object_id = v.id AND i.operation = 'claim' AND i.status BETWEEN 200 AND 299"
        " LEFT JOIN target_row t ON t.voucher_id = v.id LEFT JOIN registration g ON g.voucher_id = v.id"
        " GROUP BY v.id HAVING COUNT(i.key) + COUNT(t.row_no) + COUNT(g.number) <> 1"
        " UNION ALL SELECT r.id, COUNT(i.key) FROM redemption r LEFT JOIN idempotency i ON i.object_id = r.id"
        " AND i.operation = 'redeem' AND i.status BETWEEN 200 AND 299 GROUP BY r.id HAVING COUNT(i.key) <> 1"
        " UNION ALL SELECT key, 0 FROM idempotency WHERE body = ''",
    ),
    Check(
        "I10",
        "every issued row of a list has a voucher of its citizen and batch, and its list was released",
        "SELECT t.list_id, t.row_no, t.voucher_id, l.state FROM target_row t"
        " LEFT JOIN target_list l ON l.id = t.list_id LEFT JOIN voucher v ON v.id = t.voucher_id"
        " AND v.citizen_id = t.citizen_id AND v.batch_id = l.batch_id"
        " WHERE t.result = 'issued' AND (v.id IS NULL OR COALESCE(l.state, '') NOT IN ('released', 'issued'))",
    ),
    Check(
        "I11",
        "a displayed code is accepted once, and pays one order of the terminal and citizen it was scanned for",
        "SELECT handle AS id, COUNT(*) AS accepted FROM scan WHERE result = 'accepted' AND sheet_id IS NULL"
        " GROUP BY epoch, handle, code_step HAVING COUNT(*) > 1"
        " UNION ALL SELECT r.id, 0 FROM redemption r LEFT JOIN scan s ON s.id = r.scan_id"
        " AND s.result = 'accepted' AND s.terminal_id = r.terminal_id AND s.citizen_id = r.citizen_id"
        " AND s.order_no = r.order_no AND s.purpose = 'voucher' WHERE s.id IS NULL",
    ),
    Check(
        "I12",
        "a redemption lies inside its vouchers' validity, holder, campaign, merchants, threshold and percentage",
        "SELECT r.id, l.voucher_id, r.redeemed_at, v.valid_from, v.valid_to FROM redemption r"
        " JOIN redemption_line l ON l.redemption_id = r.id JOIN voucher v ON v.id = l.voucher_id"
        " JOIN batch b ON b.id = v.batch_id JOIN campaign c ON c.id = v.campaign_id"
        " JOIN terminal t ON t.id = r.terminal_id WHERE r.redeemed_at < v.valid_from OR r.redeemed_at >= v.valid_to"
        " OR v.citizen_id <> r.citizen_id OR l.batch_id <> v.batch_id OR l.campaign_id <> v.campaign_id"
        " OR l.face_fen <> v.face_fen OR l.eligible_fen < b.threshold_fen OR t.is_test <> c.is_test"
        " OR t.merchant_id <> r.merchant_id OR l.eligible_fen > r.order_fen"
        " OR l.subsidy_fen * 10000 > l.eligible_fen * b.off_bp OR (b.merchants > 0 AND NOT EXISTS"
        " (SELECT 1 FROM batch_merchant m WHERE m.batch_id = b.id AND m.merchant_id = r.merchant_id))",
    ),
    Check(
        "I12",
        "customers made up for the sandbox hold vouchers of test campaigns only",
        "SELECT v.id, v.citizen_id, v.campaign_id FROM sandbox_citizen s JOIN voucher v ON v.citizen_id = s.citizen_id"
        " JOIN campaign c ON c.id = v.campaign_id WHERE NOT c.is_test",
    ),
    Check(
        "I12",
        "of an exclusive group an order takes one voucher, of a batch no more than it allows",
        "SELECT l.redemption_id AS id, b.exclusive_group AS takes, COUNT(*) AS taken FROM redemption_line l"
        " JOIN batch b ON b.id = l.batch_id WHERE b.exclusive_group IS NOT NULL"
        " GROUP BY l.redemption_id, b.exclusive_group HAVING COUNT(*) > 1"
        " UNION ALL SELECT l.redemption_id, b.id, COUNT(*) FROM redemption_line l JOIN batch b ON b.id = l.batch_id"
        " GROUP BY l.redemption_id, b.id, b.per_order HAVING COUNT(*) > b.per_order",
    ),
    Check(
        "I12",
        "a redemption's amounts are those of its lines",
        "SELECT r.id, r.order_fen, r.used_fen, SUM(l.subsidy_fen) AS subsidy_fen, SUM(l.order_share_fen) AS shares_fen"
        " FROM redemption r LEFT JOIN redemption_line l ON l.redemption_id = r.id"
        " GROUP BY r.id, r.order_fen, r.used_fen, r.face_fen, r.gross_fen, r.merchant_discount_fen"
        " HAVING COUNT(l.id) = 0 OR SUM(l.subsidy_fen) <> r.used_fen OR SUM(l.order_share_fen) <> r.order_fen"
        " OR SUM(l.face_fen) <> r.face_fen OR r.gross_fen - r.merchant_discount_fen <> r.order_fen",
    ),
    Check(
        "I8",
        "what was refunded of a redemption is no more than its order, = Σ its refunds = Σ its lines, and was posted",
        "SELECT r.id, r.refunded_fen, f.refund_fen, l.refunded_fen AS lines_fen, l.returned_fen, f.subsidy_fen,"
        " l.posted_fen FROM redemption r JOIN (SELECT l.redemption_id, SUM(l.refunded_fen) AS refunded_fen,"
        "  SUM(l.returned_fen) AS returned_fen, SUM((SELECT COALESCE(SUM(t.amount_fen), 0) FROM refund_line n"
        "  JOIN transfer t ON t.kind = 'refund' AND t.ref = n.id WHERE n.line_id = l.id)) AS posted_fen"
        "  FROM redemption_line l GROUP BY l.redemption_id) l ON l.redemption_id = r.id"
        " LEFT JOIN (SELECT redemption_id, SUM(refund_fen) AS refund_fen, SUM(subsidy_fen) AS subsidy_fen FROM refund"
        "  GROUP BY redemption_id) f ON f.redemption_id = r.id WHERE (r.refunded_fen > 0 OR f.refund_fen IS NOT NULL)"
        " AND ((r.state = 'effective' AND (f.refund_fen IS NULL OR f.refund_fen <> r.refunded_fen"
        "  OR l.refunded_fen <> r.refunded_fen OR l.returned_fen <> f.subsidy_fen OR l.posted_fen <> f.subsidy_fen"
        "  OR r.refunded_fen > r.order_fen OR f.subsidy_fen > r.used_fen))"
        " OR (r.state = 'reversed' AND (f.refund_fen IS NOT NULL OR r.refunded_fen <> r.order_fen)))",
    ),
    Check(
        "I14",
        "what was told is published, once, numbered 1 to the last without a gap",
        "SELECT last_no AS id, COUNT(e.no) AS published, MAX(e.no) AS highest FROM event_clock LEFT JOIN event e"
        " ON e.no > 0 GROUP BY last_no HAVING COUNT(e.no) <> last_no OR COALESCE(MAX(e.no), 0) <> last_no",
    ),
    Check(
        "I18",
        "approver ≠ author",
        "SELECT id, approver_id FROM campaign WHERE approver_id = author_id"
        " UNION ALL SELECT id, approver_id FROM settlement_batch WHERE approver_id = opener_id"
        " UNION ALL SELECT id, approver_id FROM target_list WHERE approver_id = uploader_id"
        " UNION ALL SELECT id, decider_id FROM treasury_return WHERE decider_id = requester_id",
    ),
    Check(
        "I21",
        "a lottery has K winners of its list, ranked 1 to K; once issued each has a voucher or a recorded refusal",
        "SELECT l.batch_id AS id, l.state, l.places, l.registrants, l.winners, COUNT(r.number) AS listed,"
        " COUNT(r.rank) AS ranked, COUNT(r.voucher_id) AS vouchers, COUNT(r.refusal) AS refusals FROM lottery l"
        " LEFT JOIN registration r ON r.batch_id = l.batch_id"
        " GROUP BY l.batch_id, l.state, l.places, l.registrants, l.winners"
        " HAVING COUNT(r.rank) <> COALESCE(l.winners, 0) OR COALESCE(MAX(r.rank), 0) <> COALESCE(l.winners, 0)"
        " OR l.registrants <> COUNT(r.number)"
        " OR l.winners <> CASE WHEN l.places < l.registrants THEN l.places ELSE l.registrants END"
        " OR (l.state = 'issued' AND COUNT(r.voucher_id) + COUNT(r.refusal) <> l.winners)",
    ),
    Check(
        "I21",
        "a voucher of a lottery belongs to a winner, and a winner's voucher is there",
        f"SELECT v.id FROM voucher v JOIN batch b ON b.id = v.batch_id AND b.mode = 'lottery' LEFT JOIN registration r"
        f" ON r.voucher_id = v.id AND {_OF_WINNER} WHERE r.number IS NULL"
        f" UNION ALL SELECT r.voucher_id FROM registration r LEFT JOIN voucher v"
        f" ON v.id = r.voucher_id AND {_OF_WINNER} WHERE r.voucher_id IS NOT NULL AND v.id IS NULL",
    ),
    Check(
        "I19",
        "the three code counters = a recount of rows",
        "SELECT event, reason, SUM(n) AS difference FROM ("
        " SELECT event, reason, count AS n FROM code_count WHERE event <> 'quoted'"
        " UNION ALL SELECT 'applied', '', -COUNT(*) FROM citizen"
        " UNION ALL SELECT 'displayed', '', -COUNT(*) FROM code_handle"
        " UNION ALL SELECT 'verified', result, -COUNT(*) FROM scan GROUP BY result"
        ") AS both_sides GROUP BY event, reason HAVING SUM(n) <> 0",
    ),
    *audit_settled.CHECKS,
    *audit_paper.CHECKS,
    *audit_told.CHECKS,
)
