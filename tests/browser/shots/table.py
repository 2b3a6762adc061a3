"""What a picture is: a page, whose, how large, and what somebody did before it was taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from app.pages.cookies import Actor
from tests.kit import browser as kit
from tests.kit.browser import Screen
from tests.kit.http import Door
from tests.kit.town import Town

TILL = (1024, 768)  # the tablet on a counter
SESSIONS = {Actor.STAFF: "/organizer/v1/sessions", Actor.MERCHANT_STAFF: "/merchant/v1/sessions"}


@dataclass(frozen=True)
class Shot:
    """One picture in each language: `docs/screenshots/NAME.zh.png` and `NAME.en.png`.

    `role` is one of the demo's logins (`.data/demo.json`), with `nth` of them; without a role a stranger looks.
    `steps` go on from `path` with the page open; what is on the screen afterwards is the picture.
    """

    name: str
    path: str
    size: tuple[int, int] = kit.PHONE
    actor: Actor | None = None
    role: str = ""
    nth: int = 0
    is_elder: bool = False
    is_whole_page: bool = False
    steps: Callable[[Stage], None] = field(default=lambda _: None)
    expects: tuple[int, ...] = ()


@dataclass
class Stage:
    """The demo town and the tab in which a picture is made."""

    town: Town
    screen: Screen
    lang: str

    @property
    def page(self) -> Page:
        """The tab."""
        return self.screen.page

    def say(self, zh: str, en: str) -> str:
        """The words of the language in which the picture is made, to find things by."""
        return zh if self.lang == "zh" else en


@dataclass(frozen=True)
class Somebody:
    """A session of the JSON doors."""

    door: Door


def login_of(town: Town, role: str, nth: int = 0) -> dict[str, Any]:
    """The demo's nth login of a role. Raises IndexError where there are not so many."""
    listed = json.loads((town.home / "data" / "demo.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = [login for login in listed if login["role"] == role][nth]
    return found


def signed_in(town: Town, actor: Actor, role: str, nth: int = 0) -> Somebody:
    """The session that the page's login would give."""
    login, door = login_of(town, role, nth), Door(town.url)
    if actor is Actor.CITIZEN:
        return Somebody(Door(town.url, _by_phone(town, door, login["phone"])))
    body = {"login": login["login"], "password": login["password"]}
    return Somebody(Door(town.url, door.send("POST", SESSIONS[actor], body, expect=201).body["token"]))


def _by_phone(town: Town, door: Door, phone: str) -> str:
    door.send("POST", "/api/v1/otp", {"phone": phone}, expect=202)
    body = {"phone": phone, "sms_code": town.sms_code(phone)}
    return str(door.send("POST", "/api/v1/sessions", body, expect=201).body["token"])
