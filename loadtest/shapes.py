"""Shapes of a day at the vouchers: tables of stages, and who comes when. Pure.

Arrivals are open: the instant of every first attempt is drawn beforehand from the seed, whatever the platform does.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Stage:
    """So many citizens make their first attempt within these seconds, each at a random instant."""

    name: str
    seconds: float
    arrivals: int


@dataclass(frozen=True)
class Shape:
    """One batch, its crowd and its tills. `walk_s`: how long after the claim a citizen stands at a till."""

    name: str
    vouchers: int
    tills: int
    walk_s: tuple[float, float]
    stages: tuple[Stage, ...]

    @property
    def citizens(self) -> int:
        """Everybody."""
        return sum(stage.arrivals for stage in self.stages)

    @property
    def seconds(self) -> float:
        """From the opening to the end of the last stage: the storm."""
        return sum(stage.seconds for stage in self.stages)

    def scaled(self, citizens: int) -> Shape:
        """The same shape with a crowd of this size; vouchers and tills in proportion, the times unchanged.

        Raises ValueError when less than one citizen, voucher or till would be left.
        """
        factor = citizens / self.citizens
        stages = tuple(replace(stage, arrivals=round(stage.arrivals * factor)) for stage in self.stages)
        vouchers, tills = round(self.vouchers * factor), max(1, round(self.tills * factor))
        if vouchers < tills or sum(stage.arrivals for stage in stages) < vouchers:
            raise ValueError(f"{self.name} with {citizens} citizens leaves {vouchers} vouchers: take more")
        return replace(self, vouchers=vouchers, tills=tills, stages=stages)


OPENING_RUSH = Shape(
    name="OPENING_RUSH",
    vouchers=1_000,
    tills=20,
    walk_s=(3, 25),
    stages=(
        Stage("开抢 opening", 5, 4_000),
        Stage("后到 latecomers", 30, 1_000),
    ),
)
LUNCH_PEAK = Shape(
    name="LUNCH_PEAK",
    vouchers=2_000,
    tills=20,
    walk_s=(5, 60),
    stages=(
        Stage("饭前 before lunch", 60, 300),
        Stage("渐多 filling up", 60, 600),
        Stage("午高峰 lunch", 120, 1_800),
        Stage("饭后 after lunch", 60, 300),
    ),
)
SOAK = Shape(
    name="SOAK",
    vouchers=6_000,
    tills=20,
    walk_s=(5, 120),
    stages=(
        Stage("第一小时 first hour", 3_600, 3_600),
        Stage("第二小时 second hour", 3_600, 3_600),
    ),
)
SHAPES = {shape.name: shape for shape in (OPENING_RUSH, LUNCH_PEAK, SOAK)}


@dataclass(frozen=True)
class Visit:
    """One citizen's day: first attempt `due_s` after the opening; a winner goes to this till `walk_s` later."""

    number: int
    due_s: float
    walk_s: float
    till: int


def visits(shape: Shape, seed: int) -> list[Visit]:
    """Everybody's day, in the order of arrival, the same for a seed. Every till gets its share of the crowd."""
    rng = random.Random(seed)
    dues, began = list[float](), 0.0
    for stage in shape.stages:
        dues += sorted(began + rng.uniform(0, stage.seconds) for _ in range(stage.arrivals))
        began += stage.seconds
    return [
        Visit(number, due_s, rng.uniform(*shape.walk_s), number % shape.tills)
        for number, due_s in enumerate(dues)
    ]
