"""One small real history over HTTP, with a name for everything in it."""

from __future__ import annotations

from tests.kit.people import Batch, Citizen, Organizer, Shop, open_batch
from tests.kit.reservations import release, reserve
from tests.kit.servers import wait_for
from tests.kit.town import Town

ORDER_FEN = 12_000
CAPPED = {"day_subsidy_fen": 50_000, "citizen_day_fen": 50_000}


def citizen(town: Town, name: str) -> Citizen:
    """Somebody with an Ankang code."""
    someone = Citizen(town, name).sign_in()
    someone.apply()
    return someone


def live(town: Town) -> dict[str, str]:
    """Let seven things happen, and return the names of everything that a breach can be planted in.

    Zhang's voucher is held for an order and given back, then he redeems it. Wang redeems, is settled, then brings it
    back. Li keeps the voucher. Zhou pays one order with two vouchers that are worth more than the order. A forged code
    is refused.
    """
    zhao, qian = Organizer(town, name="赵组织"), Organizer(town, name="钱审核")
    batch = open_batch(zhao, qian, stock=10)
    rich = open_batch(
        zhao, qian, campaign=CAPPED, stock=10, face_fen=6_000, threshold_fen=6_001, person_limit=2
    )
    shop, other_shop = zhao.shop(), zhao.shop("德宽路超市")
    names = {"batch": batch.batch_id, "campaign": batch.campaign_id}
    names |= {"rich_batch": rich.batch_id, "rich_campaign": rich.campaign_id}
    names |= {"merchant": shop.merchant_id, "other_merchant": other_shop.merchant_id}
    zhang, wang, li, zhou = (citizen(town, name) for name in ("张三", "王五", "李四", "周六"))
    names |= {"zhang": zhang.citizen_id, "li": li.citizen_id}
    voucher = zhang.holds(batch.batch_id)
    held = reserve(other_shop, zhang.show(), [voucher], "O-given-back")
    assert (held.status, release(other_shop, "O-given-back").status) == (201, 201)
    names["reservation_zhang"] = held.body["reservation_id"]
    names |= redeemed("zhang", shop, zhang, [voucher], ORDER_FEN)
    names |= redeemed("wang", shop, wang, [wang.holds(batch.batch_id)], ORDER_FEN)
    names["settlement_1"] = settled(town, zhao, qian, batch)
    assert shop.reverse(names["order_wang"]).status == 201
    names["settlement_2"] = settled(town, zhao, qian, batch)
    names["voucher_li"] = li.holds(batch.batch_id)
    pair = [zhou.holds(rich.batch_id), zhou.holds(rich.batch_id)]
    names |= redeemed("zhou", other_shop, zhou, pair, 10_000)
    assert other_shop.reverse(names["order_zhou"], refund_fen=1_000).status == 201
    assert shop.scan("8" * 20).status == 409
    wait_for("the relay", lambda: town.one("SELECT COUNT(*) FROM outbox") == 0)
    sealed = town.flask("seals", "now")
    assert sealed.returncode == 0, sealed.stderr
    names["entry"] = town.one("SELECT MIN(id) FROM audit_log WHERE object_id = :c", c=batch.campaign_id)
    behind = "SELECT COUNT(*) FROM event WHERE no > (SELECT MAX(after_no) FROM notice_clock)"
    wait_for("the notices", lambda: town.one(behind) == 0)
    return names | found(town, names)


def redeemed(who: str, shop: Shop, holder: Citizen, vouchers: list[str], fen: int) -> dict[str, str]:
    """One order, and what to call it and its parts."""
    answer = shop.redeem(holder.show(), vouchers, gross_fen=fen)
    assert answer.status == 201, answer.body
    parts = {
        "order": answer.body["order_no"],
        "redemption": answer.body["redemption_id"],
        "voucher": vouchers[0],
    }
    return {f"{part}_{who}": name for part, name in parts.items()}


def settled(town: Town, opener: Organizer, approver: Organizer, batch: Batch) -> str:
    """A settlement up to now, computed and approved."""
    town.advance(1_000)
    computed = opener.settled(batch.campaign_id, town.now())
    path = f"/settlements/{computed['settlement_id']}"
    approver.post(f"{path}/approvals", {"reason": "核对无误"}, expect=200)
    return str(computed["settlement_id"])


def found(town: Town, names: dict[str, str]) -> dict[str, str]:
    """Names that no answer tells: lines, scans, the handles of the codes."""
    more = {}
    for who in ("zhang", "wang", "zhou"):
        redemption = names[f"redemption_{who}"]
        query = "SELECT MIN(id) FROM redemption_line WHERE redemption_id = :r"
        more[f"line_{who}"] = town.one(query, r=redemption)
        more[f"scan_{who}"] = town.one("SELECT scan_id FROM redemption WHERE id = :r", r=redemption)
        more[f"handle_{who}"] = town.one("SELECT handle FROM scan WHERE id = :s", s=more[f"scan_{who}"])
        more[f"terminal_{who}"] = town.one("SELECT terminal_id FROM redemption WHERE id = :r", r=redemption)
    return more
