"""The second factor of a member of staff in a browser: set up with a QR code, wrong once, shown again."""

from __future__ import annotations

from playwright.sync_api import expect

from app.pages.cookies import Actor
from tests.browser.conftest import Opens
from tests.conftest import Staffed
from tests.kit import authenticator, looks
from tests.kit import browser as kit
from tests.kit.codes import read
from tests.kit.people import Organizer


def next_code(who: Organizer, secret: str) -> str:
    """What the phone shows, once the step before is over."""
    who.town.advance(authenticator.STEP_MS)
    return authenticator.code(secret, who.town.now())


def test_an_authenticator_is_set_up_and_shown_again(platform: Staffed, screens: Opens):
    """What the page draws is what an authenticator reads; the cookie goes on with each proof."""
    who = Organizer(platform.town, "approver", "孙审核")
    page = screens(kit.DESK).prefer("zh").expects(401).sign_in(who, Actor.STAFF).open("/console/factor")
    page.get_by_role("button", name="开始绑定").click()
    expect(page.get_by_alt_text("绑定用的二维码")).to_be_visible()
    looks.no_violations(page)
    secret = str(page.locator("[data-secret]").inner_text())
    drawn = str(page.get_by_alt_text("绑定用的二维码").get_attribute("src"))
    assert authenticator.read(read(drawn)) == secret
    page.get_by_label("验证器显示的六位数字").fill(authenticator.wrong(secret, platform.town.now()))
    page.get_by_role("button", name="完成绑定").click()
    expect(page.get_by_text("动态口令错误或已用过")).to_be_visible()
    page.get_by_label("验证器显示的六位数字").fill(next_code(who, secret))
    page.get_by_role("button", name="完成绑定").click()
    expect(page.get_by_text("已绑定，自")).to_be_visible()
    page.get_by_role("link", name="现在验证一次").click()
    page.get_by_label("动态口令").fill(next_code(who, secret))
    page.get_by_role("button", name="验证并继续").click()
    expect(page).to_have_url(f"{platform.town.url}/console/factor")
