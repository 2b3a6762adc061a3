"""Claiming in a browser: by the server's clock, once however often it is pressed, and what the page says meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit import looks
from tests.kit.browser import Screen
from tests.kit.people import Batch, Citizen, approved_batch, iso

Opens = Callable[..., Screen]
CLAIMS = "**/api/v1/batches/*/claims"
CLOSED = {"code": "gate_closed", "message": "正在排队，请稍候 Please wait", "retryable": True}
# A phone whose clock is a day behind: the page must not care.
YESTERDAY = "{ const now = Date.now; Date.now = () => now() - 86_400_000; }"


def at(phone: Opens, citizen: Citizen, batch: Batch, **chosen: object) -> Page:
    """This citizen's phone with the batch's page open."""
    return phone(**chosen).sign_in(citizen, Actor.CITIZEN).open(f"/c/batches/{batch.batch_id}")


def held(citizen: Citizen, batch: Batch) -> int:
    """How many vouchers of the batch the citizen has."""
    return sum(voucher["batch_id"] == batch.batch_id for voucher in citizen.vouchers())


def test_the_button_opens_by_the_servers_clock_and_claims(platform: Staffed, phone: Opens):
    """Counting down, then one tap; the phone's own clock is a day behind."""
    opens = platform.town.now() + 6_000
    batch = approved_batch(platform.zhao, platform.qian, claim_from=iso(opens))
    citizen, screen = platform.citizen(), phone()
    screen.page.add_init_script(YESTERDAY)
    page = screen.sign_in(citizen, Actor.CITIZEN).open(f"/c/batches/{batch.batch_id}")
    expect(page.get_by_role("button", name="还没到时间")).to_be_disabled()
    expect(page.get_by_role("timer")).to_contain_text("00:00:0")
    looks.no_violations(page)
    button = page.get_by_role("button", name="立即领取")
    expect(button).to_be_enabled()
    button.click()
    expect(page.get_by_text("领到了！")).to_be_visible()
    assert held(citizen, batch) == 1
    looks.no_violations(page)
    page.get_by_role("link", name="看这张券").click()
    expect(page.get_by_text("可以使用")).to_be_visible()


def test_a_lost_reply_a_second_tap_and_a_reload_claim_once(platform: Staffed, phone: Opens):
    """Two vouchers a person would be allowed: one was wanted, and the key of the wish is kept until it is answered."""
    batch, citizen = platform.batch(person_limit=2), platform.citizen()
    page, keys = at(phone, citizen, batch), []

    def lose(route: Route) -> None:
        """The server does it, and nobody hears of it."""
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.fulfill(status=200, body="cut off")

    page.route(CLAIMS, lose)
    page.get_by_role("button", name="立即领取").dblclick()
    expect(page.get_by_role("button", name="正在办理")).to_be_disabled()
    expect(page.get_by_text("正在排队")).to_be_visible()
    page.wait_for_event("response", lambda _: len(keys) > 1)
    page.unroute(CLAIMS)
    page.reload()
    page.get_by_role("button", name="立即领取").click()
    expect(page.get_by_text("领到了！")).to_be_visible()
    assert len(set(keys)) == 1
    assert held(citizen, batch) == 1


def test_in_a_crowd_the_page_says_that_it_waits_its_turn(platform: Staffed, phone: Opens):
    """A full house answers 503 with Retry-After: the page waits as long, says so, and asks with the same key."""
    batch, citizen = platform.batch(), platform.citizen()
    screen = phone("en").expects(503)
    page = screen.sign_in(citizen, Actor.CITIZEN).open(f"/c/batches/{batch.batch_id}")
    page.route(
        CLAIMS,
        lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, json=CLOSED),
        times=1,
    )
    page.get_by_role("button", name="Claim it").click()
    expect(page.get_by_text("you are in the queue")).to_be_visible()
    expect(page.get_by_text("It is yours")).to_be_visible()
    assert held(citizen, batch) == 1


def test_what_is_gone_is_said_and_what_comes_back_can_be_claimed(platform: Staffed, phone: Opens):
    """Sold out under the finger; then the organizer adds stock, and the open page shows it by itself."""
    batch, citizen = platform.batch(stock=1), platform.citizen()
    screen = phone().expects(409)
    page = screen.sign_in(citizen, Actor.CITIZEN).open(f"/c/batches/{batch.batch_id}")
    platform.citizen().holds(batch.batch_id)
    page.get_by_role("button", name="立即领取").click()
    expect(page.get_by_role("button", name="已领完")).to_be_disabled()
    expect(page.get_by_text("这一批已经领完")).to_be_visible()
    looks.no_violations(page)
    path = f"/organizer/v1/batches/{batch.batch_id}"
    assert (
        platform.zhao.door.send(
            "PATCH", path, {"stock": 2}, headers={"Idempotency-Key": "more-stock-1"}
        ).status
        == 200
    )
    expect(page.get_by_role("button", name="立即领取")).to_be_enabled()
    page.get_by_role("button", name="立即领取").click()
    expect(page.get_by_text("领到了！")).to_be_visible()
    assert held(citizen, batch) == 1


def test_a_lottery_gives_a_number_and_says_how_the_draw_is_bound(platform: Staffed, phone: Opens):
    """Registered once; the page of the draw shows the commitment that was published before."""
    batch = platform.batch(mode="lottery", stock=2, public_value_name="上证指数 2026-12-31 收盘")
    citizen = platform.citizen()
    page = at(phone, citizen, batch)
    page.get_by_role("button", name="报名摇号").click()
    expect(page.get_by_text("报名成功")).to_be_visible()
    number = page.locator("#number").inner_text()
    path = f"/api/v1/batches/{batch.batch_id}/registrations/mine"
    assert citizen.door.get(path, expect=200).body["number"] == number
    page.get_by_role("link", name="怎样证明摇号公平").click()
    expect(page.get_by_text("上证指数 2026-12-31 收盘")).to_be_visible()
    expect(page.get_by_text(number)).to_be_visible()
    assert looks.clipped(page) == []
    looks.no_violations(page)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_batchs_page_is_fit_for_elders(platform: Staffed, phone: Opens, lang: str):
    """Every standing of a batch, large: 24 px and more, targets of 60 px, nothing cut off."""
    mine, open_, paused = platform.batch(), platform.batch(), platform.batch()
    citizen = platform.citizen()
    citizen.holds(mine.batch_id)
    platform.zhao.post(f"/campaigns/{paused.campaign_id}/pause", {"reason": "核查"}, expect=200)
    screen = phone(lang, elder=True).sign_in(citizen, Actor.CITIZEN)
    wrong = {}
    for batch in (mine, open_, paused):
        page = screen.open(f"/c/batches/{batch.batch_id}")
        found = [*looks.elder_sizes(page), *looks.clipped(page), *looks.violations(page)]
        if found:
            wrong[page.url] = found
    assert wrong == {}
