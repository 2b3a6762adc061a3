"""Pictures of the console."""

from __future__ import annotations

from app.pages.cookies import Actor
from tests.browser.shots.table import Shot
from tests.kit import browser as kit

SHOTS = (Shot("console-home", "/console/", kit.DESK, Actor.STAFF, "organizer"),)
