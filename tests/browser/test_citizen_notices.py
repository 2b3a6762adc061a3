"""Notices on a citizen's phone: said on the way, marked as new once, in the language that is chosen."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from app.pages.cookies import Actor
from tests.conftest import Staffed
from tests.kit import servers
from tests.kit.browser import Screen

Opens = Callable[..., Screen]


def test_a_notice_is_new_until_it_was_seen_and_speaks_the_chosen_language(platform: Staffed, phone: Opens):
    """A claim is told; home and “Me” count it; after one look nobody counts it; then in English."""
    citizen, batch = platform.citizen(), platform.batch()
    citizen.holds(batch.batch_id)
    servers.wait_for("the notice", lambda: citizen.door.get("/api/v1/notices").body["items"])
    screen = phone().sign_in(citizen, Actor.CITIZEN)
    page = screen.open("/c/")
    expect(page.get_by_role("link", name="1 条新消息")).to_be_visible()
    page = screen.open("/c/me")
    with page.expect_response("**/notices/read"):
        page.get_by_role("link", name="1 条新消息").click()
    expect(page.locator("#notices li")).to_have_count(1)
    expect(page.locator("#notices .badge")).to_have_text("新")
    page.reload()
    expect(page.locator("#notices .badge")).to_have_count(0)
    told = page.locator("#notices [lang]")
    expect(told).to_have_attribute("lang", "zh-CN")
    page.get_by_label("消息用哪种语言").select_option("en")
    expect(told).to_have_attribute("lang", "en")
    assert citizen.door.get("/api/v1/language").body["language"] == "en"
    expect(screen.open("/c/").get_by_role("link", name="条新消息")).to_have_count(0)
