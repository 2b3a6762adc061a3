"""What is true of every page whose address needs nothing more: axe, sizes, fit, weight, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.pages.cookies import Actor
from tests.browser.conftest import Opens, PageRule
from tests.conftest import Staffed
from tests.kit import browser as kit
from tests.kit import looks
from tests.kit.browser import Screen, SignedIn
from tests.kit.desk import Agent
from tests.kit.merchants import owner

MOST_BYTES = 300 * 1024
SIZES = dict.fromkeys(("common", "till"), (kit.PHONE, kit.DESK)) | {
    "citizen": (kit.PHONE,),
    "console": (kit.DESK,),
    "desk": (kit.DESK,),
}
People = dict[str, tuple[SignedIn, Actor]]
SETS = ("common", "citizen", "till", "console", "desk")


@pytest.fixture(scope="module")
def paths(page_rules: list[PageRule]) -> dict[str, list[str]]:
    """The addresses of each set that need nothing more."""
    return {
        name: [page.rule for page in page_rules if page.seen_by == name and not page.has_thing]
        for name in SETS
    }


@pytest.fixture(scope="module")
def people(platform: Staffed) -> People:
    """Somebody who sees all pages of a set."""
    return {
        "citizen": (platform.citizen(), Actor.CITIZEN),
        "till": (owner(platform.zhao), Actor.MERCHANT_STAFF),
        "console": (platform.zhao, Actor.STAFF),
        "desk": (Agent(platform.town), Actor.STAFF),
    }


@pytest.fixture
def looked_at(
    paths: dict[str, list[str]], people: dict[str, tuple[SignedIn, Actor]]
) -> Callable[..., Iterator[Screen]]:
    """Opens each page of a set, one after the other; a page may first be seen by a stranger."""

    def look(name: str, screen: Screen) -> Iterator[Screen]:
        if name in people:
            screen.sign_in(*people[name])
        for path in paths[name]:
            screen.open(path)
            yield screen

    return look


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", SETS)
def test_everybody_can_use_every_page(looked_at, screens: Opens, name: str, lang: str):
    """No violation of WCAG 2.2 A or AA, targets of 44 px, nothing cut off, no key instead of its words."""
    wrong = {}
    for size in SIZES[name]:
        for screen in looked_at(name, screens(size, lang).prefer(lang)):
            page = screen.page
            if found := looks.unfit(page):
                wrong[f"{page.url} {size}"] = found
    assert wrong == {}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["common", "citizen", "till"])
def test_the_large_version_is_large(looked_at, screens: Opens, name: str, lang: str):
    """18 pt and more, targets of 60 by 60 px, nothing cut off; nothing for axe either (MIIT's rules of 2021)."""
    wrong = {}
    for screen in looked_at(name, screens(kit.PHONE, lang).prefer(lang, elder=True)):
        page = screen.page
        found = [*looks.violations(page), *looks.elder_sizes(page), *looks.clipped(page)]
        if found:
            wrong[page.url] = found
    assert wrong == {}


@pytest.mark.parametrize("name", SETS)
def test_every_page_is_light(paths: dict[str, list[str]], people, screens: Opens, name: str):
    """At most 300 KB the first time, without the scanner."""
    heavy = {}
    for path in paths[name]:
        screen = screens(kit.PHONE)
        if name in people:
            screen.sign_in(*people[name])
        weight = looks.first_load(screen, path)
        if weight > MOST_BYTES:
            heavy[path] = weight
    assert heavy == {}


def test_what_the_scanner_and_the_plots_stand_on_is_served_by_us(platform: Staffed):
    """The vendor folder is what scripts/bring-pages made of the lock, and it is not part of the tree."""
    root = Path(__file__).resolve().parents[2]
    vendor = {path.name for path in (root / "app" / "static" / "vendor").iterdir()}
    assert vendor == {"htmx.min.js", "echarts.common.min.js", "zxing_reader.js", "zxing_reader.wasm"}
    assert "app/static/vendor/" in (root / ".gitignore").read_text().splitlines()
