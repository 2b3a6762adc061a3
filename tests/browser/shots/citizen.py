"""Pictures of the citizens' pages."""

from __future__ import annotations

from tests.browser.shots.table import Shot

SHOTS = (Shot("citizen-login", "/c/login"),)
