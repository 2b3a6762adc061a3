"""Lines over time as inline SVG: no script, no font, nothing from elsewhere. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 860, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 30
# Distinguishable also for the colour-blind (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933")
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Line:
    """One curve: its name, and a value for each second from 0 (None: nothing happened then)."""

    name: str
    values: Sequence[float | None]


def plot(title: str, unit: str, lines: Sequence[Line]) -> str:
    """An SVG element with axes, grid and legend; the horizontal axis is seconds since the opening."""
    seconds = max((len(line.values) for line in lines), default=1)
    highest = max((value for line in lines for value in line.values if value is not None), default=0)
    step = nice(highest / 4 or 1)
    top = step * max(1, math.ceil(highest / step))

    def x(second: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * second / max(seconds - 1, 1)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    parts += [_rule(y(step * count), f"{step * count:g}") for count in range(round(top / step) + 1)]
    every = nice(seconds / 10)
    ticks = range(0, seconds, max(1, round(every)))
    parts += [f'<text x="{x(at):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{at}</text>' for at in ticks]
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{TOP - 3}" text-anchor="end">{escape(unit)}</text>')
    for line, colour in zip(lines, COLOURS, strict=False):
        parts.append(
            f'<path d="{path(line.values, x, y)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        )
    names = [
        f'<span><i style="background:{colour}"></i>{escape(line.name)}</span>'
        for line, colour in zip(lines, COLOURS, strict=False)
    ]
    legend = f'<p class="legend">{"".join(names)}</p>'
    return f"<figure><figcaption>{escape(title)}</figcaption>{''.join(parts)}</svg>{legend}</figure>"


def path(values: Sequence[float | None], x: Callable[[float], float], y: Callable[[float], float]) -> str:
    """The curve's path data; it breaks off where there is no value, and a lonely value is a short dash."""
    commands, pen_down = list[str](), False
    for second, value in enumerate(values):
        if value is None:
            pen_down = False
            continue
        commands.append(
            f"{'L' if pen_down else 'M'}{x(second):.1f} {y(value):.1f}" + ("" if pen_down else "h1")
        )
        pen_down = True
    return "".join(commands)


def nice(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten, not below the value."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next((step * power for step in STEPS if step * power >= value), 10 * power)


def _rule(at: float, label: str) -> str:
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
        f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label}</text>'
    )
