"""Breaches in the books, the settlements and the stored answers."""

from __future__ import annotations

from tests.audit.breaches import UNKNOWN, Breach, posting

MONEY = (
    Breach(
        "an approved budget is funded with one fen less",
        "UPDATE transfer SET amount_fen = amount_fen - 1 WHERE kind = 'fund' AND campaign_id = :campaign",
        {"I6 budget": "campaign"},
    ),
    Breach(
        "a budget is funded twice",
        posting("campaign", "treasury", "budget", 1),
        {"I6 budget": "campaign"} | UNKNOWN,
    ),
    Breach(
        "released money is granted that was never released",
        posting("campaign", "released", "budget", 1),
        {"I6 budget": "campaign"} | UNKNOWN,
    ),
    Breach(
        "money goes to the treasury that nobody let go",
        "INSERT INTO transfer (id, campaign_id, posted_at, kind, ref, debit, credit, amount_fen)"
        " VALUES ('tfr_breach', :campaign, 0, 'return', 'trr_nowhere', 'budget', 'treasury', 1)",
        {"I6 money goes back": "campaign"},
    ),
    Breach(
        "a return is let go and never posted",
        "INSERT INTO treasury_return (id, campaign_id, state, budget_fen, released_fen, requester_id, decider_id,"
        " requested_at, decided_at) SELECT 'trr_breach', id, 'approved', 1, 0, author_id, approver_id, 0, 0"
        " FROM campaign WHERE id = :campaign",
        {"I6 money goes back": "word_trr_breach"},
    ),
    Breach(
        "who asked for a return lets it go",
        "INSERT INTO treasury_return (id, campaign_id, state, budget_fen, released_fen, requester_id, decider_id,"
        " requested_at, decided_at) SELECT 'trr_breach', id, 'refused', 1, 0, author_id, author_id, 0, 0"
        " FROM campaign WHERE id = :campaign",
        {"I18 approver": "word_trr_breach"},
    ),
    Breach(
        "more is taken from the budget than is in it",
        posting("campaign", "budget", "released", 10**12),
        {"I6 budget": "campaign"} | UNKNOWN,
    ),
    Breach(
        "more is taken from what is issued than was",
        posting("campaign", "issued", "released", 10**12),
        {"I6 budget": "campaign", "I7 balance": "campaign"} | UNKNOWN,
    ),
    Breach(
        "a fen is reserved for no voucher",
        posting("campaign", "budget", "issued", 1),
        {"I7 balance": "campaign"} | UNKNOWN,
    ),
    Breach(
        "a posting is said to be rolled up that is in no sum",
        "INSERT INTO posting_fold (campaign_id, up_to_no) VALUES (:campaign, 1)",
        {"I19 rolled up": "campaign"},
    ),
    Breach(
        "a subsidy goes to another merchant",
        "UPDATE transfer SET merchant_id = :other_merchant WHERE kind = 'redeem' AND ref = :line_zhang",
        {"I8 payable": "other_merchant", "I16 each seal": "campaign"},
    ),
    Breach(
        "a merchant is paid for nothing",
        posting("rich_campaign", "released", "paid", 1, ":other_merchant"),
        {"I8 payable": "other_merchant", "I9 an attempt": "word_tfr_breach"} | UNKNOWN,
    ),
    Breach(
        "a refund is a fen larger than what was taken off the order",
        "UPDATE refund SET refund_fen = refund_fen + 1, customer_fen = customer_fen + 1"
        " WHERE redemption_id = :redemption_zhou",
        {"I8 what was refunded": "redemption_zhou"},
    ),
    Breach(
        "a refund is forgotten",
        "UPDATE redemption SET refunded_fen = 0 WHERE id = :redemption_zhou",
        {"I8 what was refunded": "redemption_zhou"},
    ),
    Breach(
        "a refunded subsidy is posted and not taken off its line",
        "UPDATE redemption_line SET returned_fen = 0 WHERE redemption_id = :redemption_zhou",
        {
            "I3 the counters of the day": "rich_campaign",
            "I8 what was refunded": "redemption_zhou",
            "I8 payable": "other_merchant",
        },
    ),
    Breach(
        "a settled subsidy is altered by one fen",
        "UPDATE transfer SET amount_fen = amount_fen - 1 WHERE kind = 'redeem' AND ref = :line_zhang",
        {
            "I7 balance": "campaign",
            "I8 payable": "merchant",
            "I9 a batch's total": "settlement_1",
            "I16 each seal": "campaign",
        },
    ),
)
SETTLEMENTS = (
    Breach(
        "the posting clock is ahead of the postings",
        "UPDATE posting_clock SET last_no = last_no + 1 WHERE campaign_id = :campaign",
        {"I9 posting numbers": "campaign"},
    ),
    Breach(
        "a posting number is missing",
        "UPDATE transfer SET posting_no = posting_no + 5 WHERE kind = 'redeem' AND ref = :line_zhou",
        {"I9 posting numbers": "rich_campaign", "I16 each seal": "rich_campaign"},
    ),
    Breach(
        "a new settlement begins before the last one ended",
        "INSERT INTO settlement_batch (id, campaign_id, number, cutoff, from_no, to_no, state, opener_id, lease_until,"
        " lease_epoch, opened_at) SELECT 'stl_breach', campaign_id, 3, cutoff + 1, from_no, to_no, 'opened', opener_id,"
        " 0, 0, 0 FROM settlement_batch WHERE id = :settlement_2",
        {"I9 every posting": "word_stl_breach"},
    ),
    Breach(
        "a settled interval is moved",
        "UPDATE settlement_batch SET to_no = to_no - 1 WHERE id = :settlement_1",
        {
            "I9 every posting": "settlement_2",
            "I9 a batch's total": "settlement_1",
            "I9 a frozen batch": "settlement_1",
        },
    ),
    Breach(
        "a settlement's total is altered by one fen",
        "UPDATE settlement_batch SET total_fen = total_fen + 1 WHERE id = :settlement_1",
        {"I9 a batch's total": "settlement_1"},
    ),
    Breach(
        "a settlement's line is altered by one fen",
        "UPDATE settlement_line SET redeemed_fen = redeemed_fen + 1, net_fen = net_fen + 1"
        " WHERE settlement_id = :settlement_1",
        {"I9 a batch's total": "settlement_1", "I9 a frozen batch": "settlement_1"},
    ),
    Breach(
        "a settlement's line counts one more",
        "UPDATE settlement_line SET redeemed_count = redeemed_count + 1 WHERE settlement_id = :settlement_1",
        {"I9 a frozen batch": "settlement_1"},
    ),
    Breach(
        "a settlement's line goes to another merchant",
        "UPDATE settlement_line SET merchant_id = :other_merchant WHERE settlement_id = :settlement_1",
        {"I9 a frozen batch": "settlement_1"},
    ),
    Breach(
        "a settlement's line disappears",
        "DELETE FROM settlement_line WHERE settlement_id = :settlement_2",
        {"I9 a batch's total": "settlement_2", "I9 a frozen batch": "settlement_2"},
    ),
)
ANSWERS = (
    Breach(
        "a granted answer is forgotten",
        "DELETE FROM idempotency WHERE object_id = :voucher_li",
        {"I10 every voucher": "voucher_li"},
    ),
    Breach(
        "a redeemed answer is forgotten",
        "DELETE FROM idempotency WHERE object_id = :redemption_zhang AND operation = 'redeem'",
        {"I10 every voucher": "redemption_zhang"},
    ),
    Breach(
        "a granted answer has no voucher",
        "UPDATE idempotency SET object_id = 'vch_nowhere' WHERE object_id = :voucher_li",
        {"I10 every stored": "li", "I10 every voucher": "voucher_li"},
    ),
    Breach(
        "a granted answer tells of another voucher",
        "UPDATE idempotency SET body = REPLACE(body, :voucher_li, :voucher_zhang) WHERE object_id = :voucher_li",
        {"I10 every stored": "voucher_li"},
    ),
    Breach(
        "a granted answer became a refusal",
        'UPDATE idempotency SET status = 0, body = \'{"code": "sold_out", "body": {}}\''
        " WHERE object_id = :voucher_li",
        {"I10 every voucher": "voucher_li"},
    ),
    Breach(
        "a redemption was answered to another terminal",
        "UPDATE idempotency SET caller = :terminal_zhou WHERE object_id = :redemption_zhang AND operation = 'redeem'",
        {"I10 every stored": "redemption_zhang"},
    ),
    Breach(
        "two keys were granted the same voucher",
        "INSERT INTO idempotency (caller, operation, key, request_hash, status, body, object_id, created_at)"
        " SELECT caller, operation, 'another-key', request_hash, status, body, object_id, created_at"
        " FROM idempotency WHERE object_id = :voucher_li",
        {"I10 every voucher": "voucher_li"},
    ),
    Breach(
        "a list that is nowhere was granted a claimed voucher",
        "INSERT INTO target_row (list_id, row_no, masked, id_number_bi, citizen_id, result, voucher_id)"
        " SELECT 'tgl_nowhere', 2, '*', 'x', citizen_id, 'issued', id FROM voucher WHERE id = :voucher_li",
        {"I10 every issued row": "voucher_li", "I10 every voucher": "voucher_li"},
    ),
    Breach(
        "a key was taken and never answered",
        "INSERT INTO idempotency (caller, operation, key, request_hash, status, body, created_at)"
        " VALUES ('trm_1', 'redeem', 'half-a-write', '', 0, '', 0)",
        {"I10 every voucher": "word_half-a-write"},
    ),
)
