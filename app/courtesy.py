"""Crowds give way to tills: while a till of this machine waits, no transaction of claims, events or notices is begun
(ADR 39).

Its processes share a few words of memory for it. Nothing depends on them: who gives way waits 25 ms at the most, and
what a process has said is over after a quarter of a second, should it have died meanwhile.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from typing import cast

from flask import Flask, current_app

from app.config import Settings

LONGEST_NS = 25_000_000
BELIEVED_NS = 250_000_000
LOOK_AGAIN_S = 0.001
# One for each process that serves tills; two whose numbers meet share one, and are waited for a little less.
SLOTS = 64
_ALL, _ONE = struct.Struct(f"{SLOTS}q"), struct.Struct("q")


class Courtesy:
    """This process's hold of the memory in `path`, a file in memory (tmpfs); without one nobody waits for anybody.

    Raises OSError where it cannot be opened.
    """

    def __init__(
        self,
        path: str | None,
        now_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._memory = _opened(path) if path else None
        self._now_ns, self._sleep = now_ns, sleep
        self._waiting = 0
        self._said_ns = 0

    def begin(self) -> None:
        """A till waits for an answer. For one thread of a process, which is the one that calls `end`."""
        self._waiting += 1
        now = self._now_ns()
        if self._said_ns - now < BELIEVED_NS // 2:  # else it is believed for long enough
            self._say(now + BELIEVED_NS)

    def end(self, times: int = 1) -> None:
        """So many have their answers."""
        self._waiting -= times
        if not self._waiting:
            self._say(0)

    def give_way(self) -> None:
        """Return when no till waits, or after the longest time that one is waited for."""
        if self._memory is None:
            return
        ends = self._now_ns() + LONGEST_NS
        while (now := self._now_ns()) < ends and max(_ALL.unpack_from(self._memory)) > now:
            self._sleep(LOOK_AGAIN_S)

    def _say(self, until_ns: int) -> None:
        self._said_ns = until_ns
        if self._memory is not None:
            _ONE.pack_into(self._memory, os.getpid() % SLOTS * _ONE.size, until_ns)


def give_way() -> None:
    """Of the current application's process, before it begins a long transaction."""
    cast("Courtesy", current_app.extensions["courtesy"]).give_way()


def init_app(app: Flask, settings: Settings) -> None:
    """It is `app.extensions["courtesy"]`. Opened before the fork, the memory is one for all processes."""
    app.extensions["courtesy"] = Courtesy(settings.courtesy_file)


def _opened(path: str) -> mmap.mmap:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.ftruncate(file, _ALL.size)
        return mmap.mmap(file, _ALL.size)
    finally:
        os.close(file)
