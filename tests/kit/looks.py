"""What a page must look like to everybody: axe, sizes for elders, nothing cut off, not too heavy."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Response

from tests.kit.browser import Screen

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCANNER = re.compile(r"/vendor/zxing")  # loaded when somebody takes up the camera, not with the page
SCRIPTS = Path(__file__).with_name("looks.js")
KEY = re.compile(r"\b(?:common|citizen|till|console)\.[a-z_]+\.[a-z_.]+\b")


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def _ask(page: Page, question: str, about: Any = None) -> list[str]:
    """What a function of `looks.js` answers."""
    if not page.evaluate("() => 'looks' in window"):
        page.evaluate(SCRIPTS.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(f"(about) => looks.{question}(about)", about)
    return found


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2, levels A and AA: rule, element, why."""
    page.evaluate(_axe())
    found: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})",
        LEVELS,
    )
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def no_violations(page: Page) -> None:
    """Fail with each violation of WCAG 2.2 A and AA."""
    assert violations(page) == []


def unfit(page: Page) -> list[str]:
    """What keeps somebody from using it: WCAG 2.2 A and AA, small targets, something cut off, a key for its words."""
    return [*violations(page), *usual_sizes(page), *clipped(page), *untranslated(page)]


def elder_sizes(page: Page) -> list[str]:
    """What is too small in the large version: text below 18 pt (24 px), targets below 60 by 60 px."""
    return _ask(page, "tooSmall", {"target": 60, "text": 24})


def usual_sizes(page: Page) -> list[str]:
    """What is too small in the usual one: text below 12 px, targets below 44 by 44 px."""
    return _ask(page, "tooSmall", {"target": 44, "text": 12})


def clipped(page: Page) -> list[str]:
    """What does not fit: the page into the window, words into their boxes."""
    return _ask(page, "clipped")


def untranslated(page: Page) -> list[str]:
    """Keys of the catalogue that stand on the page as they are."""
    return KEY.findall(page.locator("body").inner_text())


def empty_plots(page: Page) -> list[str]:
    """Plots (`.plot`) in which nothing was drawn."""
    return _ask(page, "emptyPlots")


def first_load(screen: Screen, path: str) -> int:
    """The bytes of a page and all that it loads the first time, squeezed as we send them, without the scanner."""
    weights: list[int] = []

    def weigh(response: Response) -> None:
        if not SCANNER.search(response.url) and response.url.startswith(screen.url) and response.ok:
            weights.append(len(gzip.compress(response.body())))

    screen.page.on("response", weigh)
    screen.open(path)
    screen.page.remove_listener("response", weigh)
    return sum(weights)
