"""QR codes that pages show and print, drawn from whatever text: an authenticator's secret, pairing texts, receipts.

The code on display has a drawing of its own, which is made far more often (`app/citizen/symbols.py`).
"""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

from qrcode import QRCode

QUIET = 4  # modules of white around it, as the standard wants


class Drawing(NamedTuple):
    """A symbol of so many modules a side, quiet zone and all, and the SVG shapes that draw it, dark on white."""

    side: int
    shapes: str


def drawn(text: str) -> Drawing:
    """The text as a QR code; one user unit is one module."""
    symbol = QRCode(border=QUIET)
    symbol.add_data(text)
    rows = symbol.get_matrix()
    dark = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    side = len(rows)
    return Drawing(side, f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{dark}"/>')


def qr(text: str) -> str:
    """The text as a QR code: the address of an SVG picture that holds itself, for an `img`."""
    side, shapes = drawn(text)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f"{shapes}</svg>"
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
