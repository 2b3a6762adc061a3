"""At the same moment: real threads that start their requests together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def all_at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Run every act in a thread of its own, started together; answers in the order of the acts."""
    barrier = threading.Barrier(len(acts))

    def start(act: Callable[[], T]) -> T:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(start, acts))


def each(people: Sequence[S], act: Callable[[S], T], width: int = 8) -> list[T]:
    """Do something for many, a few at a time: for preparing a crowd."""
    with ThreadPoolExecutor(width) as pool:
        return list(pool.map(act, people))
