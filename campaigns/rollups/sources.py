"""What is counted, as queries on the rows themselves: the same for a step of the roll-up, its tail and the recount.

Two kinds of rows are told apart. Postings that move `payable` have a number, and a committed number says that all
lower ones are committed. Other rows have nothing but the instant in their id.
"""

from __future__ import annotations

from app.domain.accounts import listed
from app.domain.instants import AHEAD_MS, DAY_MS, HOUR_MS

EARNED = ("redeem", "reverse", "refund")  # the postings of redemptions; others pay or hold
NAME = ("batch_id", "hour", "campaign_id")
SUMMED = (
    "claimed",
    "expired",
    "revoked",
    "redeemed",
    "reversed",
    "subsidy_fen",
    "direct_fen",
    "use_ms",
    "used_in_day",
    "new_holders",
    "returning_holders",
)
LATEST = "last_claim_at"
OF_STORE = ("campaign_id", "hours", "start", "merchant_id", "store_id", "kind")
MONEY = ("times", "fen", "direct_fen")


def _hour(at: str) -> str:
    return f"({at} + {AHEAD_MS}) / {HOUR_MS}"


EARNED_LIST = listed(EARNED)
GAINED = "CASE WHEN t.credit = 'payable' THEN t.amount_fen ELSE -t.amount_fen END"
_ORDERED = (
    "CASE t.kind WHEN 'redeem' THEN l.order_share_fen WHEN 'reverse' THEN -l.order_share_fen ELSE 0 END"
)
# Whose first redemption it is, is decided by one clock and under the holder's lock: nothing earlier appears later.
_EARLIER = (
    "EXISTS (SELECT 1 FROM voucher w JOIN redemption_line m ON m.voucher_id = w.id"
    " JOIN redemption q ON q.id = m.redemption_id WHERE w.citizen_id = v.citizen_id AND w.campaign_id {where}"
    " AND (q.redeemed_at < r.redeemed_at OR (q.redeemed_at = r.redeemed_at AND m.id < l.id)))"
)
_EARLIER_HERE = _EARLIER.format(where="= l.campaign_id")
_EARLIER_ELSEWHERE = _EARLIER.format(where="<> l.campaign_id AND m.redemption_id <> l.redemption_id")

# Which numbers: of one campaign, or of all that is rolled up.
INTERVAL = (
    "(SELECT CAST(:campaign_id AS VARCHAR(40)) AS campaign_id, CAST(:from_no AS BIGINT) AS from_no,"
    " CAST(:to_no AS BIGINT) AS to_no) AS f"
)
ROLLED_UP = "(SELECT campaign_id, 0 AS from_no, up_to_no AS to_no FROM posting_fold) AS f"
# And what is not rolled up yet, of all campaigns.
NOT_YET = (
    "(SELECT p.campaign_id, COALESCE(u.up_to_no, 0) AS from_no, p.last_no AS to_no FROM posting_clock p"
    " LEFT JOIN posting_fold u ON u.campaign_id = p.campaign_id) AS f"
)
_NUMBERED = (
    " FROM {interval} JOIN transfer t ON t.campaign_id = f.campaign_id"
    " AND t.posting_no > f.from_no AND t.posting_no <= f.to_no"
    " LEFT JOIN redemption_line l ON l.id = t.ref AND t.kind IN ('redeem', 'reverse')"
)
_BY_NUMBER = (
    f"SELECT COALESCE(l.batch_id, g.batch_id) AS batch_id, {_hour('t.posted_at')} AS hour, t.campaign_id,"
    " 0 AS claimed, 0 AS last_claim_at,"
    " CASE WHEN t.kind = 'reverse' AND t.credit = 'released' THEN 1 ELSE 0 END AS expired, 0 AS revoked,"
    " CASE WHEN t.kind = 'redeem' THEN 1 ELSE 0 END AS redeemed,"
    " CASE WHEN t.kind = 'reverse' THEN 1 ELSE 0 END AS reversed,"
    f" {GAINED} AS subsidy_fen, {_ORDERED} AS direct_fen,"
    " CASE WHEN t.kind = 'redeem' THEN t.posted_at - v.claimed_at ELSE 0 END AS use_ms,"
    f" CASE WHEN t.kind = 'redeem' AND t.posted_at - v.claimed_at < {DAY_MS} THEN 1 ELSE 0 END AS used_in_day,"
    f" CASE WHEN t.kind <> 'redeem' OR {_EARLIER_HERE} THEN 0 WHEN {_EARLIER_ELSEWHERE} THEN 2 ELSE 1 END AS holder"
    f"{_NUMBERED} LEFT JOIN refund_line n ON n.id = t.ref AND t.kind = 'refund'"
    " LEFT JOIN redemption_line g ON g.id = n.line_id LEFT JOIN voucher v ON v.id = l.voucher_id"
    f" LEFT JOIN redemption r ON r.id = l.redemption_id WHERE t.kind IN ({EARNED_LIST})"
)
_CLAIMED = (
    f"SELECT v.batch_id, {_hour('v.claimed_at')} AS hour, v.campaign_id, 1 AS claimed, v.claimed_at AS last_claim_at,"
    " 0 AS expired, 0 AS revoked, 0 AS redeemed, 0 AS reversed, 0 AS subsidy_fen, 0 AS direct_fen, 0 AS use_ms,"
    " 0 AS used_in_day, 0 AS holder FROM voucher v WHERE v.id >= :voucher_from AND v.id < :voucher_to"
)
# By their ids, which are new: an index that begins with the kind would lead to every one there ever was.
_LAPSED = (
    f"SELECT v.batch_id, {_hour('t.posted_at')}, v.campaign_id, 0, 0, CASE WHEN t.kind = 'expire' THEN 1 ELSE 0 END,"
    " CASE WHEN t.kind = 'revoke' THEN 1 ELSE 0 END, 0, 0, 0, 0, 0, 0, 0"
    " FROM transfer t JOIN voucher v ON v.id = t.ref"
    " WHERE t.id >= :transfer_from AND t.id < :transfer_to AND (t.kind || '') IN ('expire', 'revoke')"
)
# A refund that gives back no subsidy has no posting: its part of the order amount is counted by its own rows.
_REFUNDS = (
    " FROM refund_line n JOIN refund f ON f.id = n.refund_id JOIN redemption_line l ON l.id = n.line_id"
    " JOIN redemption r ON r.id = l.redemption_id WHERE n.id >= :refund_from AND n.id < :refund_to"
)
_REFUNDED = (
    f"SELECT l.batch_id, {_hour('f.refunded_at')}, l.campaign_id,"
    f" 0, 0, 0, 0, 0, 0, 0, -n.refund_fen, 0, 0, 0{_REFUNDS}"
)
_BY_TIME = f"{_CLAIMED} UNION ALL {_LAPSED} UNION ALL {_REFUNDED}"
_HOLDERS = {
    "new_holders": "CASE WHEN holder = 1 THEN 1 ELSE 0 END",
    "returning_holders": "CASE WHEN holder = 2 THEN 1 ELSE 0 END",
}
_TALLIED = ", ".join(f"CAST(SUM({_HOLDERS.get(name, name)}) AS BIGINT) AS {name}" for name in SUMMED)


def _by_hour(rows: str) -> str:
    named = ", ".join(NAME)
    return f"SELECT {named}, MAX({LATEST}) AS {LATEST}, {_TALLIED} FROM ({rows}) AS happened GROUP BY {named}"


_SPANS = "(SELECT 1 AS hours UNION ALL SELECT 24) AS span"
_BY_STORE = (
    f"SELECT t.campaign_id, {_hour('t.posted_at')} AS hour, t.merchant_id, COALESCE(t.store_id, '') AS store_id,"
    f" t.kind, 1 AS times, {GAINED} AS fen, {_ORDERED} AS direct_fen, t.posting_no{_NUMBERED}"
)
_REFUNDED_BY_STORE = (
    f"SELECT l.campaign_id, {_hour('f.refunded_at')} AS hour, r.merchant_id, r.store_id, 'refund' AS kind, 0 AS times,"
    f" 0 AS fen, -n.refund_fen AS direct_fen{_REFUNDS}"
)


def _by_store(rows: str) -> str:
    return (
        "SELECT campaign_id, hours, hour - hour % hours AS start, merchant_id, store_id, kind, SUM(times) AS times,"
        f" CAST(SUM(fen) AS BIGINT) AS fen, CAST(SUM(direct_fen) AS BIGINT) AS direct_fen FROM ({rows}) AS posted"
        f" CROSS JOIN {_SPANS} GROUP BY 1, 2, 3, 4, 5, 6"
    )


def hours_by_number(interval: str = INTERVAL) -> str:
    """Rows of `batch_hour` made of numbered postings."""
    return _by_hour(_BY_NUMBER.format(interval=interval))


def hours_by_time() -> str:
    """Rows of `batch_hour` made of what has no number: claims, expiries, order amounts refunded."""
    return _by_hour(_BY_TIME)


def stores_by_number(interval: str = INTERVAL) -> str:
    """Rows of `posting_sum` made of numbered postings."""
    return _by_store(_BY_STORE.format(interval=interval))


def stores_by_time() -> str:
    """Rows of `posting_sum` made of order amounts refunded."""
    return _by_store(_REFUNDED_BY_STORE)


def spans(interval: str = INTERVAL) -> str:
    """Rows of `posting_span`."""
    return (
        "SELECT campaign_id, hours, hour - hour % hours AS start, MIN(posting_no) AS first_no,"
        f" MAX(posting_no) AS last_no FROM ({_BY_STORE.format(interval=interval)}) AS posted"
        f" CROSS JOIN {_SPANS} GROUP BY 1, 2, 3"
    )
