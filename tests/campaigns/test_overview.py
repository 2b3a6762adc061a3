"""What the console's first page is told: the week's redemptions, what is open, what waits for whom."""

from __future__ import annotations

import re

from tests.conftest import Staffed
from tests.kit.http import Door
from tests.kit.people import Organizer

VERIFIED = re.compile(r'data-verified><data value="(\d+)"')


def first_page(who: Organizer) -> str:
    """The overview as this person sees it, in Chinese."""
    who.stay_signed_in()
    door = Door(who.town.url)
    cookie = {"Cookie": f"ankang_staff={who.door.token}; ankang_lang=zh"}
    reply = door.send("GET", "/console/", None, cookie, expect=200)
    return str(reply.body.decode() if isinstance(reply.body, bytes) else reply.body)


def week(who: Organizer) -> list[int]:
    """Vouchers redeemed on each of the last seven days; none at all where there were none."""
    return [int(count) for count in VERIFIED.findall(first_page(who))]


def test_the_week_counts_at_once_and_a_reversal_is_taken_off(here: Staffed):
    """Before the roll-up has seen anything, and the same after it."""
    batch, citizen, shop = here.batch(), here.citizen(), here.shop()
    before = sum(week(here.zhao))
    sold = shop.redeem(citizen.show(), [citizen.holds(batch.batch_id)])
    assert sold.status == 201
    days = week(here.zhao)
    assert len(days) == 7 and sum(days) == before + 1 and days[-1] >= 1
    assert here.town.flask("stats", "fold").returncode == 0
    assert week(here.zhao) == days
    assert shop.reverse(sold.body["order_no"]).status == 201
    assert sum(week(here.zhao)) == before


def test_what_waits_is_told_to_who_may_decide_it(here: Staffed):
    """A draft to its author, a review to another person; who helps at the desk decides nothing and reads no figures."""
    batch = here.batch()
    desk = Organizer(here.town, "support", "孙客服")
    assert f"/console/campaigns/{batch.campaign_id}/live" in first_page(here.qian)
    assert f'"/console/campaigns/{batch.campaign_id}"' in first_page(desk)
    campaign_id = here.zhao.draft()
    assert "我的草稿" in first_page(here.zhao)
    here.zhao.post(f"/campaigns/{campaign_id}/batches", here.zhao.batch_terms(), expect=201)
    here.zhao.post(f"/campaigns/{campaign_id}/submissions", {}, expect=200)
    assert "活动待审核" in first_page(here.qian)
    assert "等您处理" not in first_page(desk)
    here.qian.post(f"/campaigns/{campaign_id}/rejections", {"reason": "再改"}, expect=200)
