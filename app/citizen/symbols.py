"""The two drawings of a code on display, as SVG to put inline in a page (no prolog, no ids, no script).

Drawn by zxing-cpp (docs/adr/0004). Its `create_barcode` ignores an option it does not know, so the tests read
the error correction level and the version back from the drawing.
"""

import re

import zxingcpp

QR_LEVEL = "Q"
"""The highest level at which 20 digits fit version 1 (21 x 21 modules); it survives 25 % of damage."""
QR_SCALE = 8
BARCODE_SCALE = 2

_SIZE = re.compile(r'<svg width="(\d+)" height="(\d+)"')
_MODULES = re.compile(r'<path d="([^"]+)"')


def qr_svg(digits: str) -> str:
    """A QR code of the 20 digits: version 1, level Q, quiet zone of 4 modules."""
    symbol = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.QRCode, ec_level=QR_LEVEL)
    return _inline(symbol, "安康码二维码", "qr", QR_SCALE)


def barcode_svg(digits: str) -> str:
    """A Code 128 barcode of the 20 digits: number set C, quiet zones of 10 modules."""
    symbol = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
    return _inline(symbol, "安康码条形码", "barcode", BARCODE_SCALE)


def _inline(symbol: zxingcpp.Barcode, title: str, kind: str, scale: int) -> str:
    """Our own frame around the library's modules.

    One user unit is one module; `width` and `height` are only a first size, a style sheet may set any other.
    The digits stay out of the title: whoever needs them read aloud finds them beside the drawing.
    """
    drawing = symbol.to_svg(add_quiet_zones=True)
    size, modules = _SIZE.search(drawing), _MODULES.search(drawing)
    if size is None or modules is None:
        raise RuntimeError("zxing-cpp draws its SVG in another way than the one known here")
    width, height = int(size[1]), int(size[2])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="symbol symbol-{kind}" role="img" '
        f'width="{width * scale}" height="{height * scale}" viewBox="0 0 {width} {height}" '
        f'shape-rendering="crispEdges"><title>{title}</title>'
        f'<path fill="#fff" d="M0 0h{width}v{height}H0z"/><path d="{modules[1]}"/></svg>'
    )
