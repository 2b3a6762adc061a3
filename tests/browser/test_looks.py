"""The checks of looks can fail: each finds the fault of a page that was made to have it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.kit import browser as kit
from tests.kit import looks

FAULTS: dict[str, tuple[Callable[[Page], list[str]], str]] = {
    "pale text": (looks.violations, "<p style='color:#aaa;background:#fff'>浅色文字</p>"),
    "a field without a name": (looks.violations, "<input type=text>"),
    "a picture without words": (looks.violations, "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"),
    "a button too low for a finger": (
        looks.usual_sizes,
        "<button style='height:30px;width:90px'>领取</button>",
    ),
    "text too small for elders": (looks.elder_sizes, "<p style='font-size:20px'>满一百减二十</p>"),
    "a target too small for elders": (
        looks.elder_sizes,
        "<a style='display:block;height:50px' href='/'>首页</a>",
    ),
    "a page wider than the window": (looks.clipped, "<div style='width:900px'>宽</div>"),
    "words cut off by their box": (
        looks.clipped,
        "<p style='width:60px;overflow:hidden;white-space:nowrap'>大观楼小吃店</p>",
    ),
    "a key instead of its text": (looks.untranslated, "<p>citizen.home.title</p>"),
    "a plot without a line": (looks.empty_plots, "<div class='plot'><canvas></canvas></div>"),
}
GOOD = (
    "<!doctype html><html lang='zh-CN'><title>安康码</title><main style='font:24px/1.6 sans-serif'>"
    "<h1>好</h1>{}</main></html>"
)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A phone with a page that belongs to nobody."""
    with_page = chromium.new_context(viewport={"width": 390, "height": 844}).new_page()
    yield with_page
    with_page.context.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_check_finds_its_fault_and_nothing_where_there_is_none(page: Page, fault: str):
    """With the fault something is said, without it nothing."""
    check, part = FAULTS[fault]
    page.set_content(GOOD.format(part))
    assert check(page) != []
    page.set_content(GOOD.format("<p>没有问题</p>"))
    assert check(page) == []


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("console.error('x')", "console: x"),
        ("setTimeout(() => nothing(), 0)", "script: nothing is not defined"),
        ("location = 'http://elsewhere.invalid/'", "foreign request: http://elsewhere.invalid/"),
        (
            "fetch('http://elsewhere.invalid/').catch(() => 0)",
            "console: Connecting to 'http://elsewhere.invalid/'",
        ),
        ("fetch('/nowhere')", "404 GET"),
    ],
)
def test_a_screen_writes_down_what_went_wrong(chromium: Browser, platform, script: str, said: str):
    """Errors of scripts, requests to strangers, refused loads."""
    screen = kit.screen(chromium, platform.town.url, kit.PHONE)
    screen.open("/").evaluate(f"() => {{ {script} }}")
    for _ in range(100):
        if any(trouble.startswith(said) for trouble in screen.troubles):
            break
        screen.page.wait_for_timeout(50)  # lets the browser's events in
    screen.page.context.close()
    assert any(trouble.startswith(said) for trouble in screen.troubles), screen.troubles
