"""Run a command beside the platform's web server, which gives way to tills: by the platform's own command (ADR 31)."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from loadtest.replay.house import ROOT

SHORT_NS, ORDINARY_NS = 100_000, 0


def politely(command: Sequence[str], turn_ns: int) -> list[str]:
    """The command line that runs this one so, in turns of this length."""
    return [sys.executable, "-I", "-S", str(ROOT / "app" / "cli" / "polite.py"), str(turn_ns), *command]
