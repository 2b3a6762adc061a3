"""How far the replay is: a bar with rate and time left on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from gevent.pool import Pool

WIDTH = 24
Item = TypeVar("Item")


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


def at_once(title: str, items: Iterable[Item], work: Callable[[Item], None], in_flight: int) -> None:
    """Do the work for each item, `in_flight` at a time. The first failure stops it and is raised."""
    todo = list(items)
    progress, pool, failures = Progress(title, len(todo)), Pool(in_flight), list[Exception]()

    def one(item: Item) -> None:
        try:
            work(item)
        except Exception as failure:  # raised below, in the caller's greenlet
            failures.append(failure)
        progress.step()

    for item in todo:
        if failures:
            break
        pool.spawn(one, item)
    pool.join()
    progress.end()
    if failures:
        raise failures[0]
