"""How far the replay is: a bar with rate and time left on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

WIDTH = 24


@dataclass
class Progress:
    """Counts one phase from 0 to `total`."""

    title: str
    total: int
    done: int = 0
    _began: float = field(default_factory=time.monotonic)
    _shown: float = 0.0

    def step(self) -> None:
        """One more is done."""
        self.done += 1
        now = time.monotonic()
        pause = 0.2 if sys.stdout.isatty() else 10.0
        if now - max(self._shown, self._began) >= pause:
            self._shown = now
            self._show("\r" if sys.stdout.isatty() else "", "" if sys.stdout.isatty() else "\n")

    def end(self) -> None:
        """The last word, which stays."""
        self._show("\r" if sys.stdout.isatty() else "", "\n")

    def _show(self, before: str, after: str) -> None:
        spent = max(time.monotonic() - self._began, 0.001)
        rate = self.done / spent
        left = f"剩余 left {(self.total - self.done) / rate:4.0f} s" if 0 < self.done < self.total else ""
        filled = WIDTH * self.done // max(self.total, 1)
        bar = "█" * filled + "░" * (WIDTH - filled)
        text = f"{self.title} {bar} {self.done:,}/{self.total:,}  {rate:,.0f}/s  {spent:.0f} s  {left}"
        print(f"{before}{text:<100}", end=after, flush=True)
