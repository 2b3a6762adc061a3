"""The code on a phone's screen: what a till reads from it, who is told, and what stays without a network."""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import count

from PIL import Image
from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit import codes, looks
from tests.kit.browser import Screen
from tests.kit.people import Citizen

Opens = Callable[..., Screen]


def code_page(phone: Opens, citizen: Citizen, **chosen: object) -> Page:
    """The code on display. The page listens all the time, so the network is never idle."""
    screen = phone(**chosen).sign_in(citizen, Actor.CITIZEN)
    screen.page.goto(f"{screen.url}/c/code")
    expect(screen.page.locator("#digits")).not_to_be_empty()
    return screen.page


def digits(page: Page) -> str:
    """As a person would read them out."""
    return page.locator("#digits").inner_text().replace(" ", "").replace("\n", "")


def seen(page: Page) -> set[str]:
    """What a scanner reads from a photo of the screen."""
    picture = Image.open(io.BytesIO(page.locator("#pass").screenshot()))
    return {found.text for found in codes.seen(picture)}


def test_a_till_reads_the_screen_and_the_phone_hears_of_it(platform: Staffed, phone: Opens):
    """QR, barcode and digits are one code, through the moving band; the scan and the payment are told at once."""
    citizen, shop, batch = platform.citizen(), platform.shop(), platform.batch()
    voucher_id = citizen.holds(batch.batch_id)
    page = code_page(phone, citizen, device_scale_factor=2)
    looks.no_violations(page)
    assert looks.clipped(page) == []
    shown = digits(page)
    assert len(shown) == 20 and seen(page) == {shown}
    scanned = shop.scan(shown)
    expect(page.get_by_text("大观楼小吃 刚扫了您的码")).to_be_visible()
    shop.redeem(scanned.body["scan_token"], [voucher_id])
    expect(page.get_by_text("在 大观楼小吃 用券成功")).to_be_visible()
    before = page.locator("#digits").text_content() or ""
    page.get_by_role("button", name="换一个").click()
    expect(page.locator("#digits")).not_to_have_text(before)
    assert shop.scan(digits(page)).status == 201


def test_without_a_network_a_code_is_shown_and_taken(platform: Staffed, phone: Opens):
    """The network goes; the reserve's code is fresh and good at a till; with the network comes the usual one."""
    citizen, shop = platform.citizen(), platform.shop()
    screen = phone("en").without_network()
    page = screen.sign_in(citizen, Actor.CITIZEN).page
    with page.expect_response("**/ankang-code/reserves"):
        page.goto(f"{screen.url}/c/code")
    before = digits(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="New code").click()
    expect(page.get_by_text("Spare codes last until")).to_be_visible()
    spare = digits(page)
    assert spare != before and seen(page) == {spare}
    assert shop.scan(spare).status == 201
    page.context.set_offline(False)
    expect(page.get_by_text("Spare codes last until")).to_be_hidden()
    assert digits(page) not in (before, spare)


def test_the_code_keeps_still_for_who_asks_for_less_motion(platform: Staffed, phone: Opens):
    """No band moves, and the code is as good."""
    page = code_page(phone, platform.citizen(), reduced_motion="reduce")
    moving = page.locator(".band").evaluate("(band) => getComputedStyle(band).animationIterationCount")
    assert moving == "1"
    assert seen(page) == {digits(page)}


def test_a_large_code_is_large(platform: Staffed, phone: Opens):
    """For elders: fewer things, larger ones; the QR and the digits stay."""
    page = code_page(phone, platform.citizen(), elder=True)
    assert looks.elder_sizes(page) == [] and looks.clipped(page) == []
    assert seen(page) == {digits(page)}


def test_a_stay_shows_fresh_codes_one_after_the_other(platform: Staffed, phone: Opens):
    """At the end of each half minute by itself: the page's clock is moved, nobody waits."""
    screen = phone().sign_in(platform.citizen(), Actor.CITIZEN)
    screen.page.clock.install()
    screen.page.goto(f"{screen.url}/c/code")
    codes = set()
    for _ in count():
        expect(screen.page.locator("#digits")).not_to_be_empty()
        codes.add(digits(screen.page))
        if len(codes) == 3:
            break
        screen.page.clock.run_for(10_000)
        screen.page.wait_for_timeout(50)
    assert len(codes) == 3
