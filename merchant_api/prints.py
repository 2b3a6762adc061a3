"""QR codes that the till's pages show and print: pairing texts, receipts."""

from __future__ import annotations

from base64 import b64encode

from qrcode import QRCode

QUIET = 4  # modules of white around it, as the standard wants


def qr(text: str) -> str:
    """The text as a QR code: the address of an SVG picture that holds itself, for an `img`."""
    symbol = QRCode(border=QUIET)
    symbol.add_data(text)
    rows = symbol.get_matrix()
    dark = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    side = len(rows)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{dark}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
