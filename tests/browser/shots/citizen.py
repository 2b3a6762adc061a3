"""Pictures of the citizens' pages: of one of the demo's citizens."""

from __future__ import annotations

import re
from functools import partial

from playwright.sync_api import expect

from app.pages.cookies import Actor
from tests.browser.shots.table import Shot, Stage

CLAIMANT = 1  # somebody else, whose wallet is not pictured
mine = partial(Shot, actor=Actor.CITIZEN, role="citizen")


def show_code(stage: Stage) -> None:
    """From home: the page of the code listens all the time, so its network is never idle."""
    stage.page.locator(".code-card").click()
    expect(stage.page.locator("#life")).to_have_text(re.compile(r"\d"))


def open_offer(stage: Stage) -> None:
    """The first that is still to come."""
    stage.page.locator(".ticket-coming").first.click()
    expect(stage.page.locator(".hero")).to_be_visible()


def claim(stage: Stage) -> None:
    """A batch of the open campaign; theirs since Chinese, which is taken first, was pictured."""
    page = stage.page
    offer = page.locator(".ticket", has_text="第三期").first.get_attribute("href")
    stage.screen.open(str(offer))
    if page.locator("#claim").is_visible():
        page.locator("#claim").click()
    expect(page.locator("[data-when=mine]")).to_be_visible()


def speak(stage: Stage) -> None:
    """Notices in the language of the picture; Chinese, as everybody's at first, is taken first."""
    wanted = stage.say("zh-CN", "en")
    choice = stage.page.locator("#f-language")
    if choice.input_value() != wanted:
        choice.select_option(wanted)
    expect(stage.page.locator("#notices [lang]").first).to_have_attribute("lang", wanted)


SHOTS = (
    Shot("citizen-login", "/c/login"),
    mine("citizen-home", "/c/"),
    mine("citizen-home-elder", "/c/", is_elder=True),
    mine("citizen-countdown", "/c/", steps=open_offer),
    mine("citizen-claimed", "/c/", nth=CLAIMANT, steps=claim),
    mine("citizen-code", "/c/", steps=show_code),
    mine("citizen-wallet", "/c/wallet"),
    mine("citizen-receipts", "/c/receipts"),
    mine("citizen-scans", "/c/scans"),
    mine("citizen-stores", "/c/stores"),
    mine("citizen-notices", "/c/notices", steps=speak),
)
