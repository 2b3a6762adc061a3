"""Run a command beside the platform's web server, which gives way to tills: by the platform's own command (ADR 31)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

from loadtest.replay.house import ROOT


def politely(command: Sequence[str], turns: Literal["short", "ordinary"]) -> list[str]:
    """The command line that runs this one so, in such turns."""
    return [sys.executable, "-I", "-S", str(ROOT / "app" / "cli" / "polite.py"), turns, *command]
