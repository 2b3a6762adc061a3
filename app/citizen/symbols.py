"""The two drawings of a code on display, as SVG to put inline in a page (no prolog, no ids, no script).

One user unit is one module; `width` and `height` are only a first size, a style sheet may set any other. Modules are
strokes as wide as a row, quiet zones included. The digits stay out of the title: whoever needs them read aloud finds
them beside the drawing.
"""

from __future__ import annotations

from functools import cache

from app.citizen.stencils import CHUNK, SIDE, barcode_strokes, qr_chunks, strokes

QR_QUIET, QR_SCALE = 4, 8
BARCODE_QUIET, BARCODE_SCALE, BARCODE_HEIGHT, BARCODE_MODULES = 10, 2, 50, 145
__all__ = ["barcode_form", "barcode_strokes", "barcode_svg", "qr_form", "qr_strokes", "qr_svg"]


def qr_svg(digits: str) -> str:
    """A QR code of the 20 digits: version 1, level Q, quiet zone of 4 modules."""
    return qr_form() % qr_strokes(digits)


def barcode_svg(digits: str) -> str:
    """A Code 128 barcode of the 20 digits: number set C, quiet zones of 10 modules."""
    return barcode_form() % barcode_strokes(digits)


@cache
def qr_form() -> str:
    """The drawing, with a `%s` for each of `qr_strokes`."""
    rows = "".join(f"M{QR_QUIET} {QR_QUIET + row}.5{'%s' * (SIDE // CHUNK)}" for row in range(SIDE))
    size = SIDE + 2 * QR_QUIET
    return _frame("安康码二维码", "qr", (size, size), QR_SCALE, 1, rows)


def qr_strokes(digits: str) -> tuple[str, ...]:
    """What these digits put into it."""
    along = _chunks()
    return tuple([along[chunk] for chunk in qr_chunks(digits)])


@cache
def barcode_form() -> str:
    """The drawing, with a `%s` for `barcode_strokes`."""
    size = (BARCODE_MODULES + 2 * BARCODE_QUIET, BARCODE_HEIGHT)
    path = f"M{BARCODE_QUIET} {BARCODE_HEIGHT // 2}%s"
    return _frame("安康码条形码", "barcode", size, BARCODE_SCALE, BARCODE_HEIGHT, path)


@cache
def _chunks() -> list[str]:
    """The strokes of every seven modules that there can be."""
    return [strokes(int(bit) for bit in f"{chunk:0{CHUNK}b}") for chunk in range(1 << CHUNK)]


def _frame(title: str, kind: str, size: tuple[int, int], scale: int, stroke: int, path: str) -> str:
    width, height = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="symbol symbol-{kind}" role="img" '
        f'width="{width * scale}" height="{height * scale}" viewBox="0 0 {width} {height}" '
        f'shape-rendering="crispEdges"><title>{title}</title>'
        f'<path fill="#fff" d="M0 0h{width}v{height}H0z"/>'
        f'<path fill="none" stroke="#000" stroke-width="{stroke}" d="{path}"/></svg>'
    )
