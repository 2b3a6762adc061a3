"""Pictures of the web till."""

from __future__ import annotations

from tests.browser.shots.table import TILL, Shot

SHOTS = (Shot("till-login", "/till/login", TILL),)
