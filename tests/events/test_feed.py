"""The feed: everything that happened, once, in order, and no gap for whoever goes on from a cursor."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from app import clock, sql
from app.domain.event import name_of
from app.events import feed, relay
from app.vouchers import ledger
from app.vouchers.expire import expire_due
from tests.kit.world import World

DAY_MS = 86_400_000


def newest(merchant_id: str | None = None) -> str:
    """The cursor behind everything that is published."""
    cursor = name_of(0)
    while page := feed.page(merchant_id, cursor, 100):
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    return str(cursor)


def since(cursor: str, merchant_id: str | None = None) -> list[dict[str, Any]]:
    """Publish what was told, and read on."""
    relay.run()
    found: list[dict[str, Any]] = feed.page(merchant_id, cursor, 100)["items"]
    return found


def test_what_happens_to_a_voucher_is_told_in_order(world: World):
    """Claimed, redeemed, reversed; the merchant hears of its orders only, nobody of the person."""
    cursor, shop = newest(), world.till().merchant_id
    before = newest(shop)
    voucher = world.claim("feed-claim", 0).body["voucher"]["voucher_id"]
    world.redeem(voucher, world.code_of(voucher), "O-FEED")
    world.reverse("O-FEED", "feed-reverse")
    told = since(cursor)
    assert [each["type"] for each in told] == ["voucher.claimed", "order.redeemed", "order.reversed"]
    assert told[0]["data"]["voucher_id"] == voucher
    assert told[1]["data"]["vouchers"][0]["voucher_id"] == voucher
    assert told[1]["data"]["subsidy_fen"] == told[2]["data"]["subsidy_returned_fen"] > 0
    assert since(before, shop) == told[1:]
    assert world.one("SELECT citizen_id FROM voucher WHERE id = :id", id=voucher) not in str(told)
    assert world.broken() == []


def test_an_expiry_is_told(world: World):
    """When the sweep finds it."""
    voucher = world.claim("feed-lapse", 1).body["voucher"]["voucher_id"]
    relay.run()
    cursor = newest()
    world.do(
        "UPDATE voucher SET valid_to = claimed_at + 1, valid_from = claimed_at WHERE id = :id", id=voucher
    )
    expire_due()
    (told,) = since(cursor)
    assert (told["type"], told["data"]["voucher_id"]) == ("voucher.expired", voucher)


def test_a_page_ends_where_the_next_begins(world: World):
    """One by one is the same as all at once; a cursor behind the last one gives itself."""
    whole, cursor, one_by_one = since(name_of(0)), name_of(0), []
    while items := (page := feed.page(None, cursor, 1))["items"]:
        one_by_one += items
        cursor = page["next_cursor"]
    assert one_by_one == whole
    assert feed.page(None, cursor, 1) == {"items": [], "next_cursor": cursor, "has_more": False}


def test_an_event_about_nothing_is_not_skipped(world: World):
    """Somebody removed a row by hand: the relay says so, and tells everything once it is there again."""
    world.do("INSERT INTO outbox (kind, refs, at) VALUES ('voucher.claimed', '[\"vch_nobody\"]', 0)")
    try:
        with pytest.raises(LookupError, match="vch_nobody"):
            sql.write(relay.publish_some)
    finally:
        world.do("DELETE FROM outbox WHERE at = 0")


def test_money_that_is_held_freed_and_paid_is_told_to_its_merchant(world: World):
    """By the posting itself."""
    voucher = world.claim("feed-money", 2).body["voucher"]["voucher_id"]
    world.redeem(voucher, world.code_of(voucher), "O-MONEY")
    relay.run()
    shop, campaign = (
        world.till().merchant_id,
        world.one("SELECT campaign_id FROM voucher WHERE id = :id", id=voucher),
    )
    cursor = newest(shop)
    moves = (("hold", "payable", "held"), ("free", "held", "payable"), ("payout", "payable", "paying"))
    for number, (kind, debit, credit) in enumerate((*moves, ("payout_paid", "paying", "paid"))):
        moved = ledger.Transfer(campaign, kind, f"feed-{number}", debit, credit, 100, shop)
        sql.write(partial(ledger.post, transfers=[moved], at=clock.now()))
    told = since(cursor, shop)
    assert [each["type"] for each in told] == ["payout.held", "payout.released", "payout.paid"]
    assert {each["data"]["amount_fen"] for each in told} == {100}
