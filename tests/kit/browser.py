"""Chromium as people use it: a phone, a desk, in one language, with whatever went wrong written down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from app.pages.cookies import Actor
from tests.kit.http import Door

# As root in a closed network: no sandbox, and nothing of the browser's own goes out.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
CAMERA_FLAGS = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
PHONE, DESK = (390, 844), (1440, 900)
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PATIENCE_MS = 15_000
QUIET_MS = 60  # without a request: nothing more is on its way


class SignedIn(Protocol):
    """Whoever has a session of the JSON doors: a citizen, an organizer, a merchant's member."""

    @property
    def door(self) -> Door: ...


def executable() -> str:
    """The browser of this machine. Raises RuntimeError: a test without a browser fails, it is not skipped."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("no Chromium: scripts/bring-servers installs it as root, else apt install chromium")


@contextmanager
def launched(*flags: str) -> Iterator[Browser]:
    """A browser of its own, with these flags more: a camera is a flag, for example."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Screen:
    """One person's tab. `check` at the end: nothing was wrong, nobody else was asked for anything."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)
    _expected: set[int] = field(default_factory=set)
    _loses_network: bool = False
    _asked: int = 0
    _open: int = 0

    def open(self, path: str) -> Page:
        """Go to an address of the platform, and wait until its scripts have run and have what they asked for."""
        self.page.goto(f"{self.url}{path}")
        for _ in range(PATIENCE_MS // QUIET_MS):
            before = self._asked
            self.page.wait_for_timeout(QUIET_MS)
            if self._asked == before and self._open == 0:
                return self.page
        raise TimeoutError(f"{path} asks on and on")

    def expects(self, *statuses: int) -> Screen:
        """Answers with these statuses are part of the story: the browser calls each of them an error."""
        self._expected |= set(statuses)
        return self

    def without_network(self) -> Screen:
        """The network going away is part of the story: the browser calls each try an error."""
        self._loses_network = True
        return self

    def sign_in(self, who: SignedIn, actor: Actor) -> Screen:
        """Keep this person's session, as the login page would."""
        assert who.door.token
        cookie: Any = {"name": actor.value, "value": who.door.token, "url": self.url, "httpOnly": True}
        self.page.context.add_cookies([cookie])
        return self

    def prefer(self, lang: str | None = None, *, elder: bool = False) -> Screen:
        """The language and the size that this person chose before."""
        chosen: Mapping[str, str | None] = {"ankang_lang": lang, "ankang_elder": "1" if elder else None}
        cookies: Any = [
            {"name": name, "value": of, "url": self.url} for name, of in chosen.items() if of is not None
        ]
        self.page.context.add_cookies(cookies)
        return self

    def check(self) -> None:
        """Fail with what went wrong."""
        assert self.troubles == []

    def watch(self) -> Screen:
        """Write down errors of scripts, refused loads, and requests to anybody else."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("response", self._response)
        self.page.on("request", self._request)
        self.page.on("requestfinished", self._answered)
        self.page.on("requestfailed", self._answered)
        return self

    def _request(self, request: Request) -> None:
        self._asked += 1
        self._open += 1
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.troubles.append(f"foreign request: {request.url}")

    def _answered(self, _: Request) -> None:
        self._open -= 1

    def _console(self, message: ConsoleMessage) -> None:
        if self._loses_network and "ERR_INTERNET_DISCONNECTED" in message.text:
            return
        # a status is told by `_response`, with its address
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.troubles.append(f"{response.status} {response.request.method} {response.url}")


def screen(browser: Browser, url: str, size: tuple[int, int], lang: str = "zh", **more: Any) -> Screen:
    """A fresh person's tab of this size, nobody's cookies in it. Close its context when done."""
    context: BrowserContext = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=LOCALES[lang],
        timezone_id="Asia/Shanghai",
        color_scheme="light",
        has_touch=size == PHONE,
        **more,
    )
    context.set_default_timeout(PATIENCE_MS)
    return Screen(context.new_page(), url).watch()
