"""One platform and one browser for all of these tests, on the embedded default: the doors are tested elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page

from app.auth import DESK, PUBLIC, policy_of
from app.pages import face
from app.pages.cookies import Actor
from tests.conftest import Staffed, staffed
from tests.kit import browser as kit
from tests.kit import inside
from tests.kit.browser import Screen
from tests.kit.merchants import Member, owner
from tests.kit.people import Organizer, Shop
from tests.kit.town import Town

Opens = Callable[..., Screen]
Seat = Callable[..., Page]


@pytest.fixture(scope="session")
def platform() -> Iterator[Staffed]:
    """A platform of their own, so that its lists hold what these tests put there; at the end its books are right."""
    with staffed(Town("sqlite")) as here:
        yield here


class PageRule(NamedTuple):
    """A page by its rule of the URL map: the set it is of, who sees all of these, whether it is about one thing."""

    rule: str
    face: str
    seen_by: str
    has_thing: bool


@pytest.fixture(scope="session")
def page_rules(tmp_path_factory: pytest.TempPathFactory) -> list[PageRule]:
    """All there are, those for everybody first: they are looked at before anybody signs in."""
    app = inside.build(inside.environment(f"sqlite:///{tmp_path_factory.mktemp('pages')}/none.db"))
    with app.app_context():
        return [
            # some of the console only an agent sees
            PageRule(
                rule.rule,
                here.name,
                "desk" if policy_of(rule.endpoint) is DESK else here.name,
                bool(rule.arguments),
            )
            for rule in sorted(
                app.url_map.iter_rules(), key=lambda rule: policy_of(rule.endpoint) is not PUBLIC
            )
            if (here := face.of(rule.rule)) and "GET" in (rule.methods or set())
        ]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser; a context for each person.

    Closed when these tests are left: as long as it is there, its thread has a running loop, and nobody else gets one.
    """
    with kit.launched() as browser:
        yield browser


@pytest.fixture
def screens(chromium: Browser, platform: Staffed) -> Iterator[Opens]:
    """Opens tabs: `screens(kit.PHONE, "en")`. At the end each must have been without trouble."""
    opened: list[Screen] = []

    def opens(size: tuple[int, int], lang: str = "zh", **more: object) -> Screen:
        opened.append(kit.screen(chromium, platform.town.url, size, lang, **more))
        return opened[-1]

    yield opens
    troubles = [trouble for each in opened for trouble in each.troubles]
    for each in opened:
        each.page.context.close()
    assert troubles == []


@pytest.fixture
def phone(screens: Opens) -> Callable[..., Screen]:
    """`phone()`, `phone("en", elder=True)`: somebody with a phone."""
    return lambda lang="zh", elder=False, **more: screens(kit.PHONE, lang, **more).prefer(lang, elder=elder)


@pytest.fixture
def desk(screens: Opens) -> Callable[..., Screen]:
    """`desk()`, `desk("en")`: somebody at a desk."""
    return lambda lang="zh", **more: screens(kit.DESK, lang, **more).prefer(lang)


@pytest.fixture(scope="module")
def boss(platform: Staffed) -> Member:
    """A merchant's owner."""
    return owner(platform.zhao)


@pytest.fixture(scope="module")
def shop(boss: Member) -> Shop:
    """The merchant's terminal."""
    return boss.shop()


@pytest.fixture
def seat(platform: Staffed, screens: Opens) -> Seat:
    """`seat("/campaigns", "en", 422)`: an organizer at a desk, on a page of the console."""

    def opens(path: str, lang: str = "zh", *refusals: int, who: Organizer | None = None) -> Page:
        screen = screens(kit.DESK, lang).prefer(lang).expects(*refusals)
        who = who or platform.zhao
        who.stay_signed_in()
        return screen.sign_in(who, Actor.STAFF).open(f"/console{path}")

    return opens
