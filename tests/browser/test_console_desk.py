"""A resident without a phone applies, claims, pays and is refunded through pages; a photocopy is refused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.browser.conftest import Opens
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import codes, looks, web_till
from tests.kit.browser import Screen
from tests.kit.desk import Agent
from tests.kit.merchants import Member
from tests.kit.people import Shop, id_number
from tests.kit.web_till import TABLET

SHEET = re.compile(r"/console/desk/sheets/sht_")
RESIDENT = re.compile(r"/console/desk/residents/ctz_")


def fits(page: Page) -> None:
    """As every page that can be opened without more."""
    assert looks.unfit(page) == [], page.url


def applied(screen: Screen, agent: Agent, name: str, number: str) -> Page:
    """The agent applies for who stands there."""
    page = screen.sign_in(agent, Actor.STAFF).open("/console/desk")
    form = page.locator('[data-desk="applications"]')
    form.locator("[name=name]").fill(name)
    form.locator("[name=id_number]").fill(number)
    form.locator("[value=signed]").check()
    form.locator("button[type=submit]").click()
    page.wait_for_url(RESIDENT)
    return page


def printed(page: Page) -> str:
    """What the QR code on the sheet says."""
    page.wait_for_url(SHEET)
    return codes.read(str(page.locator(".paper-qr img").get_attribute("src")))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_resident_without_a_phone_pays_on_paper(
    platform: Staffed, screens: Opens, boss: Member, shop: Shop, lang: str
):
    """Applies, claims, pays, is refunded and printed anew; the copy of the used sheet is refused, with what to do."""
    batch, agent = platform.batch(), Agent(platform.town)
    desk = screens(kit.DESK, lang).prefer(lang)
    page = applied(desk, agent, "刘奶奶", id_number(8_000_000 + len(lang + agent.login) + (lang == "en")))
    expect(page.locator("h1")).to_contain_text("刘*")
    fits(page)
    page.locator(f'[data-desk-claim="{batch.batch_id}"]').click()
    page.locator("[data-desk-print]").click()
    qr = printed(page)
    digits = page.locator(".paper-digits").inner_text().replace(" ", "")
    expect(page.locator(".paper-worth")).to_have_text("¥20.00")
    fits(page)

    till = screens(TABLET, lang).prefer(lang).expects(409)
    counter = web_till.paired(till, boss, shop)
    web_till.ring_up(counter, "128")
    web_till.shoot(counter, qr)
    expect(counter.locator("#redeem")).to_contain_text("¥108.00")
    order_no = web_till.redeem(counter)
    counter.locator("#new").click()
    web_till.ring_up(counter, "129")
    web_till.type_code(counter, digits)
    expect(counter.locator("#result")).to_contain_text("sheet_used")
    assert shop.reverse(order_no).status == 201

    page.go_back()
    page.reload()
    page.locator("[data-desk-print]").click()
    fresh = printed(page)
    assert fresh != qr
    counter.locator("#again").click()
    web_till.shoot(counter, fresh)
    expect(counter.locator("#redeem")).to_contain_text("¥109.00")
    web_till.redeem(counter)


def test_a_lost_sheet_is_revoked_and_printed_anew(platform: Staffed, screens: Opens):
    """Who has a code is found by ID number; a person who applies twice is told so beside the button."""
    batch, agent, citizen = platform.batch(), Agent(platform.town), platform.citizen("欧阳娜娜")
    citizen.claim(batch.batch_id, expect=201)
    screen = screens(kit.PHONE).prefer("zh").expects(409)
    page = screen.sign_in(agent, Actor.STAFF).open("/console/desk")
    fits(page)
    again = page.locator('[data-desk="applications"]')
    again.locator("[name=name]").fill(citizen.name)
    again.locator("[name=id_number]").fill(citizen.id_number)
    again.locator("[value=signed]").check()
    again.locator("button[type=submit]").click()
    expect(again.locator("[data-said]")).to_be_visible()
    found = page.locator('[data-desk="visits"]')
    found.locator("[name=id_number]").fill(citizen.id_number)
    found.locator("[value=spoken]").check()
    found.locator("button[type=submit]").click()
    page.wait_for_url(RESIDENT)
    page.locator("[data-desk-print]").click()
    first = printed(page)
    fits(page)
    assert page.pdf(prefer_css_page_size=True).count(b"/MediaBox") == 1, "one sheet of A4"
    page.get_by_role("link", name="回到居民").click()
    fits(page)
    page.locator("[data-desk-reprint]").click()
    assert printed(page) != first
    page.get_by_role("link", name="回到居民").click()
    page.locator("[data-desk-revoke]").click()
    expect(page.locator("[data-desk-print]")).to_be_visible()
    expect(page.locator(".badge-bad")).to_have_count(2)
