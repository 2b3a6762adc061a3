"""Residents' pages inside of an app: what the app hears, what it may ask for, and that nobody else may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from app.pages.cookies import Actor
from tests.conftest import Staffed, staffed
from tests.kit import browser as kit
from tests.kit.people import Citizen
from tests.kit.town import Town

# An app's page: a frame with the address that stands behind `?`, and everything that was said to it.
HOST = b"""<!doctype html><title>host</title>
<iframe id="inside" width="390" height="800" allow="screen-wake-lock"></iframe><script>
window.heard = [];
addEventListener("message", (event) => heard.push({ from: event.origin, ...event.data }));
if (location.search) document.getElementById("inside").src = decodeURIComponent(location.search.slice(1));
</script>"""


class _Host(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The same page at every address."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(HOST)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def served() -> Iterator[str]:
    """An app's own server; its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Host) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def app() -> Iterator[str]:
    """The app that the setting names."""
    with served() as origin:
        yield origin


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """One that it does not."""
    with served() as origin:
        yield origin


@pytest.fixture(scope="module")
def lent(app: str) -> Iterator[Staffed]:
    """A platform that lends its pages to the app, and to another one that is not there."""
    with staffed(Town("sqlite", {"EMBED_ORIGINS": f"https://app.example.cn,{app}"})) as here:
        yield here


@pytest.fixture
def page(chromium: Browser, lent: Staffed) -> Iterator[Page]:
    """A phone with the app on it; what the browser called an error is kept in `errors`."""
    screen = kit.screen(chromium, lent.town.url, kit.PHONE)
    yield screen.page
    screen.page.context.close()


def inside(page: Page, origin: str, lent: Staffed, path: str, who: Citizen | None = None) -> Frame:
    """The platform's page in this host's frame."""
    if who is not None:
        kit.Screen(page, lent.town.url).sign_in(who, Actor.CITIZEN)
    page.goto(f"{origin}/?{lent.town.url}{path}")
    return page.frames[1]


def hears(page: Page, kind: str, times: int = 1) -> dict[str, Any]:
    """Wait until the host was told this so often; the last of them."""
    page.wait_for_function(
        "([kind, times]) => heard.filter((each) => each.type === kind).length >= times", arg=[kind, times]
    )
    told: list[dict[str, Any]] = page.evaluate("heard")
    return [each for each in told if each["type"] == kind][-1]


def tell(page: Page, wish: dict[str, Any]) -> None:
    """The host says something to the page in its frame."""
    page.evaluate("(wish) => frames[0].postMessage(wish, '*')", wish)


def test_an_app_hears_that_a_page_is_ready_and_a_login_needed(lent: Staffed, app: str, page: Page):
    """By its version, from the platform's origin."""
    inside(page, app, lent, "/c/")
    ready = hears(page, "ready")
    facts = {"lang": "zh", "elder": False, "home": False}
    assert ready == {"from": lent.town.url, "ankang": 1, "type": "ready", **facts}
    assert "登录" in hears(page, "title")["title"]
    hears(page, "needs-login")


def test_a_code_on_the_screen_is_told_and_never_said(lent: Staffed, app: str, page: Page):
    """Shown, then hidden as the page is left; no digit of it is in a message."""
    frame = inside(page, app, lent, "/c/code", lent.citizen())
    hears(page, "code-shown")
    shown = frame.locator("#digits").inner_text().replace(" ", "")
    tell(page, {"ankang": 1, "back": True})
    hears(page, "code-hidden")
    assert hears(page, "ready", 2)["home"] is True
    said = str(page.evaluate("heard"))
    assert len(shown) == 20 and shown not in said and shown[:8] not in said


def test_a_claim_in_an_app_is_told(lent: Staffed, app: str, page: Page):
    """Once it was granted; the session works in the frame."""
    batch, citizen = lent.batch(), lent.citizen()
    frame = inside(page, app, lent, f"/c/batches/{batch.batch_id}", citizen)
    frame.get_by_role("button", name="立即领取").click()
    hears(page, "claimed")
    assert len(citizen.vouchers()) == 1


def test_an_app_chooses_the_size_and_the_language(lent: Staffed, app: str, page: Page):
    """And the next page remembers both; of another version nothing is understood."""
    frame = inside(page, app, lent, "/c/", lent.citizen())
    hears(page, "ready")
    tell(page, {"ankang": 2, "lang": "en"})
    tell(page, {"ankang": 1, "elder": True})
    expect(frame.locator("html[data-elder]")).to_be_attached()
    tell(page, {"ankang": 1, "lang": "en"})
    ready = hears(page, "ready", 2)
    assert (ready["lang"], ready["elder"]) == ("en", True)
    frame.goto(f"{lent.town.url}/c/wallet")
    ready = hears(page, "ready", 3)
    assert (ready["lang"], ready["elder"]) == ("en", True)
    assert hears(page, "title", 3)["title"] == "Wallet"


def test_who_is_not_the_host_is_not_obeyed(lent: Staffed, app: str, stranger: str, page: Page):
    """A frame of somebody else beside it, of a foreign origin."""
    inside(page, app, lent, "/c/", lent.citizen())
    hears(page, "ready")
    beside = "(src) => document.body.append(Object.assign(document.createElement('iframe'), { src }))"
    with page.expect_event("framenavigated", lambda frame: frame.url.startswith(stranger)) as came:
        page.evaluate(beside, stranger)
    other = came.value
    other.wait_for_load_state()
    other.evaluate("parent.frames[0].postMessage({ ankang: 1, elder: true }, '*')")
    tell(page, {"ankang": 1, "lang": "en"})
    ready = hears(page, "ready", 2)
    assert (ready["lang"], ready["elder"]) == ("en", False)
    assert other.evaluate("heard") == []


def test_a_foreign_app_shows_nothing(lent: Staffed, stranger: str, page: Page):
    """The browser refuses the frame by the page's policy, and the foreign page hears nothing."""
    with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        inside(page, stranger, lent, "/c/login")
    assert page.evaluate("heard") == []
    with page.expect_event("console", lambda message: "frame-ancestors" in message.text):
        inside(page, stranger, lent, "/till/login")
