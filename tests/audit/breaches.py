"""Every way to break a promise that the audit must find: SQL behind the platform's back, and what it must name.

`broken` maps the beginning of a promise to the name of a row it must show; a breach may break several promises, and
the audit must find exactly these. Words after a colon are names of the history (`:voucher_li`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """What somebody did, how, and which promises it breaks."""

    what: str
    sql: str
    broken: dict[str, str]


# A gate of an older epoch is not compared, so the stock of a batch can be touched without breaking I13 too.
UNGATED = "gate_epoch = gate_epoch + 1"
UNKNOWN = {"I6 every posting": "word_tfr_breach"}
POSTING = (
    "INSERT INTO transfer (id, campaign_id, posted_at, kind, ref, debit, credit, amount_fen, merchant_id)"
    " VALUES ('tfr_breach', {campaign}, 0, 'breach', 'breach', '{debit}', '{credit}', {fen}, {merchant})"
)


def posting(campaign: str, debit: str, credit: str, fen: int, merchant: str = "NULL") -> str:
    """A transfer that no use case made: of a kind that is not in the chart (`UNKNOWN`)."""
    return POSTING.format(campaign=f":{campaign}", debit=debit, credit=credit, fen=fen, merchant=merchant)


CLAIMS = (
    Breach(
        "a claim is counted that nobody made",
        f"UPDATE batch SET claimed = claimed + 1, {UNGATED} WHERE id = :batch",
        {"I1 claimed": "batch"},
    ),
    Breach(
        "more is claimed than there is",
        f"UPDATE batch SET stock = claimed - 1, {UNGATED} WHERE id = :batch",
        {"I1 claimed": "batch"},
    ),
    Breach(
        "a voucher disappears",
        "DELETE FROM voucher WHERE id = :voucher_li",
        {"I1 claimed": "batch", "I7 balance": "campaign", "I10 every stored": "voucher_li"},
    ),
    Breach(
        "more is granted than allotted",
        "UPDATE campaign SET allotted_fen = 1 WHERE id = :campaign",
        {"I2 granted": "campaign"},
    ),
    Breach(
        "more is allotted than the budget",
        "UPDATE campaign SET allotted_fen = budget_fen + 1 WHERE id = :campaign",
        {"I2 granted": "campaign"},
    ),
    Breach(
        "a person holds more than the limit",
        "UPDATE batch SET person_limit = 1 WHERE id = :rich_batch",
        {"I3 vouchers": "rich_batch"},
    ),
    Breach(
        "the counter of a person is turned back",
        "UPDATE counter SET used = used - 1 WHERE kind = 'person' AND subject_id = :li",
        {"I3 vouchers": "li"},
    ),
    Breach(
        "the counter of a person is gone",
        "DELETE FROM counter WHERE kind = 'person' AND subject_id = :li",
        {"I3 vouchers": "li"},
    ),
    Breach(
        "the counter of a day's cap is turned back",
        "UPDATE counter SET used = used - 1 WHERE kind = 'citizen_day'",
        {"I3 the counters of the day": "rich_campaign"},
    ),
    Breach(
        "more is paid in a day than its cap",
        "UPDATE counter SET cap = used - 1 WHERE kind = 'day_subsidy'",
        {"I3 the counters of the day": "rich_campaign"},
    ),
    Breach(
        "a voucher is given to somebody else",
        "UPDATE voucher SET citizen_id = :zhang, ordinal = 2 WHERE id = :voucher_li",
        {"I3 vouchers": "zhang", "I10 every stored": "voucher_li"},
    ),
)
REDEMPTIONS = (
    Breach(
        "a voucher was redeemed while another order held it",
        "UPDATE reservation SET released_at = NULL WHERE id = :reservation_zhang",
        {"I4 no other order": "reservation_zhang"},
    ),
    Breach(
        "a used voucher can be used again",
        "UPDATE voucher SET status = 'issued' WHERE id = :voucher_zhang",
        {"I4 a voucher": "voucher_zhang", "I7 balance": "campaign"},
    ),
    Breach(
        "a used voucher reads expired",
        "UPDATE voucher SET status = 'expired' WHERE id = :voucher_zhang",
        {"I4 a voucher": "voucher_zhang"},
    ),
    Breach(
        "a voucher pays two orders",
        "UPDATE redemption_line SET voucher_id = :voucher_zhang WHERE id = :line_zhou",
        {"I4 a voucher": "voucher_zhang", "I12 a redemption lies": "redemption_zhou"},
    ),
    Breach(
        "an order is reversed and its redemption is not",
        "UPDATE orders SET state = 'reversed' WHERE order_no = :order_zhang",
        {"I5 an order": "redemption_zhang"},
    ),
    Breach(
        "a redemption is reversed and its order is not",
        "UPDATE redemption SET state = 'reversed' WHERE id = :redemption_zhang",
        {"I5 an order": "redemption_zhang"},
    ),
    Breach(
        "a reversed redemption is effective again",
        "UPDATE redemption_line SET effective = (1 = 1) WHERE id = :line_wang",
        {"I4 a voucher": "voucher_wang", "I5 an order": "line_wang", "I8 payable": "merchant"},
    ),
    Breach(
        "an order disappears",
        "DELETE FROM orders WHERE order_no = :order_zhang",
        {"I5 an order": "redemption_zhang"},
    ),
    Breach(
        "an order points to another redemption",
        "UPDATE orders SET redemption_id = :redemption_wang WHERE order_no = :order_zhang",
        {"I5 an order": "redemption_zhang"},
    ),
)
CODES = (
    Breach(
        "a code is accepted twice",
        "UPDATE scan SET handle = :handle_zhang, epoch = (SELECT s.epoch FROM scan s WHERE s.id = :scan_zhang),"
        " code_step = (SELECT s.code_step FROM scan s WHERE s.id = :scan_zhang) WHERE id = :scan_wang",
        {"I11 a displayed": "handle_zhang"},
    ),
    Breach(
        "a scan was for another order",
        "UPDATE scan SET order_no = 'another' WHERE id = :scan_zhang",
        {"I11 a displayed": "redemption_zhang"},
    ),
    Breach(
        "a scan was for the identity only",
        "UPDATE scan SET purpose = 'identity' WHERE id = :scan_zhang",
        {"I11 a displayed": "redemption_zhang"},
    ),
    Breach(
        "a scan was of another terminal",
        "UPDATE scan SET terminal_id = :terminal_zhou WHERE id = :scan_zhang",
        {"I11 a displayed": "redemption_zhang"},
    ),
    Breach(
        "a scan was refused",
        "UPDATE scan SET result = 'code_expired' WHERE id = :scan_zhang",
        {"I11 a displayed": "redemption_zhang", "I19 the three": "word_code_expired"},
    ),
    Breach(
        "a display is counted that nobody saw",
        "UPDATE code_count SET count = count + 1 WHERE event = 'displayed'",
        {"I19 the three": "word_displayed"},
    ),
    Breach(
        "a refused scan disappears",
        "DELETE FROM scan WHERE result = 'code_invalid'",
        {"I19 the three": "word_code_invalid"},
    ),
    Breach(
        "the author approves the campaign",
        "UPDATE campaign SET approver_id = author_id WHERE id = :campaign",
        {"I18 approver": "campaign"},
    ),
    Breach(
        "the opener approves the settlement",
        "UPDATE settlement_batch SET approver_id = opener_id WHERE id = :settlement_1",
        {"I18 approver": "settlement_1"},
    ),
)
RULES = (
    Breach(
        "a redemption is after the voucher's end",
        "UPDATE redemption SET redeemed_at = (SELECT v.valid_to FROM voucher v WHERE v.id = :voucher_zhang)"
        " WHERE id = :redemption_zhang",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "a redemption is before the voucher's start",
        "UPDATE redemption SET redeemed_at = (SELECT v.valid_from - 1 FROM voucher v WHERE v.id = :voucher_zhang)"
        " WHERE id = :redemption_zhang",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "a redemption is somebody else's",
        "UPDATE redemption SET citizen_id = :li WHERE id = :redemption_zhang",
        {"I11 a displayed": "redemption_zhang", "I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "an order is below the threshold",
        "UPDATE batch SET threshold_fen = 13000 WHERE id = :batch",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "goods were paid for that the voucher is not for",
        "UPDATE redemption_line SET eligible_fen = 9999 WHERE id = :line_zhang",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "more goods were eligible than the order has",
        "UPDATE redemption_line SET eligible_fen = 12001 WHERE id = :line_zhang",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "more than the percentage came off",
        "UPDATE batch SET kind = 'percent', off_bp = 1000 WHERE id = :batch",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "a voucher was for no merchant that there is",
        "UPDATE batch SET merchants = 1 WHERE id = :batch",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "a voucher was for another area",
        """UPDATE batch SET areas = '["孝肃路街道"]' WHERE id = :batch""",
        {"I12 a redemption lies inside its vouchers' days": "redemption_zhang"},
    ),
    Breach(
        "a voucher was for no hour of the day",
        "UPDATE batch SET hours = '[[0, 0]]' WHERE id = :rich_batch",
        {"I12 a redemption lies inside its vouchers' days": "redemption_zhou"},
    ),
    Breach(
        "two vouchers of an exclusive group paid one order",
        "UPDATE batch SET exclusive_group = 'one' WHERE id = :rich_batch",
        {"I12 of an exclusive group": "redemption_zhou"},
    ),
    Breach(
        "more vouchers of a batch paid an order than it allows",
        "UPDATE batch SET per_order = 1 WHERE id = :rich_batch",
        {"I12 of an exclusive group": "redemption_zhou"},
    ),
    Breach(
        "a training till takes a real voucher",
        "UPDATE terminal SET is_test = (1 = 1) WHERE id = :terminal_zhang",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "somebody made up holds a real voucher",
        "INSERT INTO sandbox_citizen (citizen_id, merchant_id, terminal_id, made_at)"
        " VALUES (:li, :merchant, :terminal_zhang, 0)",
        {"I12 customers made up": "voucher_li"},
    ),
    Breach(
        "a till belongs to another merchant",
        "UPDATE terminal SET merchant_id = :other_merchant WHERE id = :terminal_zhang",
        {"I12 a redemption lies": "redemption_zhang"},
    ),
    Breach(
        "a line tells another face",
        "UPDATE redemption_line SET face_fen = face_fen + 1 WHERE id = :line_zhang",
        {"I12 a redemption lies": "redemption_zhang", "I12 a redemption's amounts": "redemption_zhang"},
    ),
    Breach(
        "a redemption is altered by one fen",
        "UPDATE redemption SET used_fen = used_fen + 1, customer_pays_fen = customer_pays_fen - 1"
        " WHERE id = :redemption_zhang",
        {"I12 a redemption's amounts": "redemption_zhang"},
    ),
    Breach(
        "a share of the order is altered by one fen",
        "UPDATE redemption_line SET order_share_fen = order_share_fen - 1 WHERE id = :line_zhang",
        {"I12 a redemption's amounts": "redemption_zhang"},
    ),
    Breach(
        "the gross amount is altered by one fen",
        "UPDATE redemption SET gross_fen = gross_fen + 1 WHERE id = :redemption_zhang",
        {"I12 a redemption's amounts": "redemption_zhang"},
    ),
)
