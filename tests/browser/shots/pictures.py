"""Every picture is taken in both languages and looked at: nothing cut off, no key for a text, no empty plot.

`make screenshots` keeps them (SHOTS_DIR); otherwise they are only looked at. Not part of the suite, hence this
name: `pytest tests/browser/shots/pictures.py -k citizen-`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.shots.table import Shot, Somebody, Stage, signed_in
from tests.browser.shots.tables import SHOTS
from tests.kit import browser as kit
from tests.kit import looks
from tests.kit.town import Town

SHOTS_DIR = os.environ.get("SHOTS_DIR")
# A phone's picture is twice as sharp as its points; a desk's is large enough.
SHARP = 2


@pytest.fixture(scope="session")
def demo_town() -> Iterator[Town]:
    """The demo as `make run` shows it."""
    town = Town("sqlite", {"PROFILE": "demo", "CLOCK_OFFSET_FILE": ""})
    try:
        yield town.start()
    finally:
        town.remove()


@pytest.fixture(scope="session")
def sessions(demo_town: Town) -> dict[Shot, Somebody]:
    """Who looks at each picture; the same person signs in once, for SMS codes are a minute apart."""
    made: dict[tuple[str, int], Somebody] = {}
    for shot in SHOTS.values():
        if shot.actor is not None and (shot.role, shot.nth) not in made:
            made[shot.role, shot.nth] = signed_in(demo_town, shot.actor, shot.role, shot.nth)
    return {shot: made[shot.role, shot.nth] for shot in SHOTS.values() if shot.actor is not None}


def keep(picture: bytes, name: str) -> None:
    """In few colours, and so in few bytes; only where they are wanted."""
    if SHOTS_DIR:
        image = Image.open(BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        Path(SHOTS_DIR).mkdir(parents=True, exist_ok=True)
        image.save(Path(SHOTS_DIR) / f"{name}.png", optimize=True)


def faults(stage: Stage) -> list[str]:
    """What a careful eye would not let pass."""
    page = stage.page
    return [*looks.clipped(page), *looks.untranslated(page), *looks.empty_plots(page), *stage.screen.troubles]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", SHOTS)
def test_every_picture_is_fit_to_be_shown(
    chromium: Browser, demo_town: Town, sessions: dict[Shot, Somebody], name: str, lang: str
):
    """Taken at its own size, after its steps."""
    shot = SHOTS[name]
    factor = SHARP if shot.size == kit.PHONE else 1
    screen = kit.screen(
        chromium, demo_town.url, shot.size, lang, device_scale_factor=factor, reduced_motion="reduce"
    )
    stage = Stage(demo_town, screen.prefer(lang, elder=shot.is_elder).expects(*shot.expects), lang)
    if shot.actor is not None:
        screen.sign_in(sessions[shot], shot.actor)
    screen.open(shot.path)
    shot.steps(stage)
    picture, found = stage.page.screenshot(full_page=shot.is_whole_page, animations="disabled"), faults(stage)
    stage.page.context.close()
    keep(picture, f"{name}.{lang}")
    assert found == []
