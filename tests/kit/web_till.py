"""The web till as a cashier works it: a tablet that is paired, an amount, a code."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from app.pages.cookies import Actor
from tests.kit.browser import Screen
from tests.kit.merchants import Member
from tests.kit.people import Shop

TABLET = (1024, 768)
# Events carry the instant of the shot until `timesAgain`.
AT_ONCE = """() => {
  const [at, shipped] = [performance.now(), Object.getOwnPropertyDescriptor(Event.prototype, "timeStamp")];
  Object.defineProperty(Event.prototype, "timeStamp", { ...shipped, get: () => at });
  window.timesAgain = () => Object.defineProperty(Event.prototype, "timeStamp", shipped);
}"""


def pairing_text(shop: Shop) -> str:
    """What the owner's pairing page shows for this terminal."""
    return f"AKT1.{shop.key_id}.{shop.secret}.{shop.terminal_id}"


def paired(screen: Screen, member: Member, shop: Shop) -> Page:
    """This screen is the shop's terminal, this member stands at it: ready for an amount."""
    page = screen.sign_in(member, Actor.MERCHANT_STAFF).open("/till/pair")
    pair(page, pairing_text(shop))
    return page


def pair(page: Page, text: str) -> None:
    """On the page where a device becomes a terminal: ready for an amount."""
    page.locator("#f-text").fill(text)
    page.locator("#pair button[type=submit]").click()
    expect(page.locator("#sell")).to_be_visible()


def ring_up(page: Page, yuan: str) -> None:
    """The amount, and on to the code."""
    page.locator("#amount").fill(yuan)
    page.locator("#next").click()


def type_code(page: Page, digits: str) -> None:
    """By hand, and wait for what comes of it."""
    page.locator("#f-code").fill(digits)
    page.locator("#typed button").click()


def shoot(page: Page, digits: str) -> None:
    """By a scan gun: a keyboard that is faster than anybody, also where the machine of this test is slow."""
    page.wait_for_load_state()
    page.evaluate(AT_ONCE)
    page.keyboard.type(digits)
    page.keyboard.press("Enter")
    page.evaluate("() => window.timesAgain()")


def redeem(page: Page) -> str:
    """The one tap; the order's number, once the result says that it is done."""
    page.locator("#redeem").click()
    expect(page.locator("#result")).to_have_attribute("data-kind", "done")
    return str(page.locator("#receipt").get_attribute("href")).rsplit("/", 1)[1]
