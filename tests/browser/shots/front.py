"""Pictures of the front page."""

from __future__ import annotations

from tests.browser.shots.table import Shot
from tests.kit import browser as kit

SHOTS = (
    Shot("front", "/", kit.DESK),
    Shot("front-phone", "/"),
    Shot("front-elder", "/", is_elder=True),
)
