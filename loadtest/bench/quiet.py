"""Whether neighbours on the machine leave us the cache that processors share.

A guest sees neither them nor what they take. What needs more memory than a core's own cache holds, as a platform with a
database does, then costs up to a half more; a bare answer does not. So a step through 8 MB at random is compared with a
step through 256 kB: the shared cache holds both, unless others fill it.
"""

from __future__ import annotations

import random
import time
from array import array
from functools import cache

LINE = 64  # bytes that are fetched at once
NEAR, FAR = 256 << 10, 8 << 20
STEPS = 100_000


def crowding() -> float:
    """How many times a step far away costs one nearby, in CPU time: 1 to 2 when the shared cache is ours."""
    return _step_s(FAR) / _step_s(NEAR)


def _step_s(size: int) -> float:
    ring = _ring(size)
    _walk(ring, size // LINE)
    before = time.process_time()
    _walk(ring, STEPS)
    return (time.process_time() - before) / STEPS


def _walk(ring: array[int], steps: int) -> None:
    place = 0
    for _ in range(steps):
        place = ring[place]


@cache
def _ring(size: int) -> array[int]:
    """One way through every line, in an order that no processor foresees."""
    ring = array("I", bytes(size))
    stride = LINE // ring.itemsize
    order = list(range(size // LINE))
    random.Random(size).shuffle(order)
    for here, there in zip(order, order[1:] + order[:1], strict=True):
        ring[here * stride] = there * stride
    return ring
