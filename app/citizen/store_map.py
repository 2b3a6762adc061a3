"""A map without a map service: where stores lie to one another, drawn to scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from app.citizen.stores import Point

WIDTH, HEIGHT, EDGE = 340, 200, 22
LEAST_E6 = 4_000
"""The map shows at least so many micro-degrees (450 m): two neighbours do not stand at its two ends."""


@dataclass(frozen=True)
class Dot:
    """A store on the map, in units of the drawing; `number` is its place in the list, 0 is the reader."""

    number: int
    x: int
    y: int
    name: str


@dataclass(frozen=True)
class Scale:
    """How micro-degrees become units: the same in both directions, as the crow flies."""

    middle: Point
    narrow: float
    units: float

    def dot(self, number: int, point: Point, name: str) -> Dot:
        """A place on the drawing."""
        x = WIDTH / 2 + (point.lon_e6 - self.middle.lon_e6) * self.narrow * self.units
        y = HEIGHT / 2 - (point.lat_e6 - self.middle.lat_e6) * self.units
        return Dot(number, round(x), round(y), name)


def dots(stores: Sequence[Mapping[str, Any]], near: Point | None) -> list[Dot]:
    """The placed stores of a page, numbered as in its list, and the reader where the phone says so."""
    placed = [
        (number, Point(store["lat_e6"], store["lon_e6"]), store["name"])
        for number, store in enumerate(stores, 1)
        if store["lat_e6"] is not None
    ]
    if near is not None:
        placed.append((0, near, ""))
    if not placed:
        return []
    scale = _scale([point for _, point, _ in placed])
    return [scale.dot(*each) for each in placed]


def _scale(points: Sequence[Point]) -> Scale:
    lats, lons = [each.lat_e6 for each in points], [each.lon_e6 for each in points]
    middle = Point((min(lats) + max(lats)) // 2, (min(lons) + max(lons)) // 2)
    narrow = max(cos(radians(middle.lat_e6 / 1_000_000)), 0.01)
    high = max(max(lats) - min(lats), LEAST_E6)
    wide = max((max(lons) - min(lons)) * narrow, LEAST_E6)
    return Scale(middle, narrow, min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high))
