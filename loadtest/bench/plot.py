"""One picture of a run, as SVG that needs nothing else: CPU per request of every variant, by who spent it."""

from __future__ import annotations

from html import escape
from typing import Any

COLOURS = {"web": "#2f6fab", "till": "#8d6bb0", "redis": "#c0392b", "database": "#3c8d5a"}
LEFT, WIDTH, ROW, TOP = 230, 560, 26, 74


def bars(content: dict[str, Any]) -> str:
    """A bar a variant, shares stacked, the total and the rate beside it."""
    costs = sorted(content["cpu_us_per_request"].items(), key=lambda item: float(item[1]["total"]))
    longest = max((float(cost["total"]) for _, cost in costs), default=1.0) or 1.0
    body = [_row(place, name, cost, longest) for place, (name, cost) in enumerate(costs)]
    height = TOP + ROW * len(costs) + 40
    legend = "".join(
        f'<rect x="{LEFT + 110 * n}" y="48" width="12" height="12" fill="{colour}"/>'
        f'<text x="{LEFT + 110 * n + 18}" y="58">{name}</text>'
        for n, (name, colour) in enumerate(COLOURS.items())
    )
    of = (
        content["command"],
        f"{content['rounds']} rounds",
        content["commit"][:12],
        content["machine"]["cpu"],
    )
    about = escape(" · ".join(of))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 190}" height="{height}"'
        ' font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        '<text x="16" y="26" font-size="17">每次请求的处理器时间 CPU µs per request (median)</text>'
        f'{legend}{"".join(body)}<text x="16" y="{height - 14}" font-size="11" fill="#555">{about}</text></svg>\n'
    )


def _row(place: int, name: str, cost: dict[str, Any], longest: float) -> str:
    y, x = TOP + ROW * place, float(LEFT)
    parts = [f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>']
    for part, colour in COLOURS.items():
        width = WIDTH * float(cost.get(part, 0)) / longest
        parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="18" fill="{colour}"/>')
        x += width
    said = f"{cost['total']:g} µs" + (f" · {cost['per_s']}/s" if cost["per_s"] else "")
    return "".join(parts) + f'<text x="{x + 6:.1f}" y="{y + 14}">{said}</text>'
