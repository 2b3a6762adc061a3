"""The races about settlements and payouts. What is counted as an effect is a file for the bank."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.kit.http import Reply
from tests.kit.merchants import owner
from tests.kit.people import iso
from tests.kit.together import all_at_once
from tests.mutants.cast import CROWD, Cast

LINES = (
    "INSERT INTO settlement_line (settlement_id, merchant_id, redeemed_count, reversed_count,"
    " redeemed_fen, reversed_fen, net_fen, held_fen, freed_fen, adjusted_fen)"
    " SELECT :id, merchant_id, COUNT(*), 0, SUM(amount_fen), 0,"
    " SUM(amount_fen), 0, 0, 0 FROM transfer WHERE posting_no IS NOT NULL AND campaign_id = :campaign"
    " GROUP BY merchant_id"
)
FREEZE = (
    "UPDATE settlement_batch SET state = 'computed', lines_sha256 = 'frozen', computed_at = 0,"
    " total_fen = (SELECT SUM(net_fen) FROM settlement_line l WHERE l.settlement_id = :id) WHERE id = :id"
)


def drafted(cast: Cast) -> str:
    """One more redemption, of a merchant with a verified account, and a settlement of all: frozen, not approved."""
    boss = owner(cast.zhao)
    (account,) = boss.get("/bank-accounts").body["items"]
    cast.zhao.post(f"/bank-accounts/{account['account_id']}/verifications", {"reason": "核对"}, expect=200)
    assert boss.shop().redeem(cast.holder.show(), cast.vouchers[:1]).status == 201
    path = f"/campaigns/{cast.plenty.campaign_id}/settlements"
    cast.bench.advance(1_000)
    opened = cast.zhao.post(path, {"cutoff": iso(cast.bench.now())}, expect=202)
    cast.bench.execute(LINES, id=opened["settlement_id"], campaign=cast.plenty.campaign_id)
    cast.bench.execute(FREEZE, id=opened["settlement_id"])
    return f"/organizer/v1/settlements/{opened['settlement_id']}"


def approved(cast: Cast) -> str:
    """The same, approved by the second person."""
    path = drafted(cast)
    cast.qian.stay_signed_in()
    assert cast.qian.door.post(f"{path}/approvals", {"reason": "核对"}).status == 200
    return path


def pay(cast: Cast, path: str) -> Reply:
    """Hand to the bank what may be paid: 201 with a file, 200 without."""
    reply = cast.zhao.door.post(f"{path}/payouts", {})
    made = reply.body.get("file") if reply.status == 201 else None
    return Reply(201 if made else 200, reply.body, reply.headers)


def key(cast: Cast) -> str:
    """The bank's key of the only attempt."""
    return str(cast.bench.one("SELECT bank_key FROM payout_attempt"))


def say(cast: Cast, outcome: str) -> Reply:
    """The bank's word on the only attempt."""
    line = {
        "bank_key": key(cast),
        "outcome": outcome,
        "amount_fen": 2_000,
        "reference": "B-1",
        "reason": "户名不符",
    }
    return cast.zhao.door.post("/organizer/v1/payout-results", {"results": [line]})


def approvals_by_the_opener(cast: Cast) -> list[Any]:
    """Ten times the opener."""
    path = drafted(cast)
    return all_at_once([partial(cast.zhao.door.post, f"{path}/approvals", {"reason": "核对"})] * CROWD)


def payouts_of_one_batch(cast: Cast) -> list[Any]:
    """Ten times the same batch."""
    path = approved(cast)
    return all_at_once([partial(pay, cast, path)] * CROWD)


def payouts_after_a_refusal(cast: Cast) -> list[Any]:
    """The bank refused; ten times the same batch again."""
    path = approved(cast)
    assert (pay(cast, path).status, say(cast, "refused").status) == (201, 200)
    return all_at_once([partial(pay, cast, path)] * CROWD)


def contradictions_of_the_bank(cast: Cast) -> list[Any]:
    """The same attempt is paid and refused at the same moment."""
    assert pay(cast, approved(cast)).status == 201
    return all_at_once([partial(say, cast, outcome) for outcome in ("paid", "refused") * 2])


RACES: dict[str, Callable[[Cast], list[Any]]] = {
    "approved by its opener": approvals_by_the_opener,
    "two payouts of one line": payouts_of_one_batch,
    "two live attempts": payouts_after_a_refusal,
    "paid and refused": contradictions_of_the_bank,
}
EFFECTS = {
    "approved by its opener": 0,
    "two payouts of one line": 1,
    "two live attempts": 1,
    "paid and refused": 0,
}
