"""Every picture there is. A further set: a module beside the others with its `SHOTS`, and its name here."""

from __future__ import annotations

from tests.browser.shots import citizen, console, front, till

TABLES = (front.SHOTS, citizen.SHOTS, till.SHOTS, console.SHOTS)
SHOTS = {shot.name: shot for table in TABLES for shot in table}
