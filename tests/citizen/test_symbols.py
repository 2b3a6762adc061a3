"""The drawings of a code: rasterised as a browser would, then read as a scanner would."""

import io
from xml.etree import ElementTree

import pytest
import qrcode
import resvg_py
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode.constants import ERROR_CORRECT_Q

from app.citizen import stencils
from app.citizen.symbols import barcode_svg, qr_svg
from tests.kit import codes

DIGITS = "88140271836501234564"
QUIET = 4
QR_SIDE = 21
FORMAT_MASK = 0b101010000010010
"""ISO/IEC 18004: the format bits are stored XORed with this."""

twenty_digits = st.from_regex(r"88[0-9]{18}", fullmatch=True)


def raster(svg: str, width: int) -> Image.Image:
    """The drawing as grey pixels."""
    return Image.open(io.BytesIO(resvg_py.svg_to_bytes(svg_string=svg, width=width))).convert("L")


def read(image: Image.Image) -> tuple[str, zxingcpp.BarcodeFormat]:
    """The one symbol a scanner finds in this picture."""
    (found,) = codes.seen(image)
    return found.text, found.format


def modules(svg: str) -> list[list[bool]]:
    """The dark modules of a QR drawing, without its quiet zone: one pixel each."""
    far = QUIET + QR_SIDE
    pixels = raster(svg, far + QUIET).crop((QUIET, QUIET, far, far)).tobytes()
    return [
        [grey < 128 for grey in pixels[start : start + QR_SIDE]] for start in range(0, QR_SIDE**2, QR_SIDE)
    ]


def format_bits(grid: list[list[bool]]) -> int:
    """The 15 unmasked format bits around the upper left finder, most significant first."""
    row = [grid[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)]
    column = [grid[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    return int("".join("01"[bit] for bit in row + column), 2) ^ FORMAT_MASK


def reference(digits: str, mask: int) -> list[list[bool]]:
    """What the `qrcode` library draws for version 1, level Q and this mask."""
    code = qrcode.QRCode(version=1, error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=mask)
    code.add_data(digits)
    code.make(fit=False)
    return [[bool(dark) for dark in row] for row in code.get_matrix()]


@settings(max_examples=40, deadline=None)
@given(twenty_digits)
def test_a_scanner_reads_the_digits_back_from_both_symbols(digits: str):
    """The same value, drawn twice."""
    assert read(raster(qr_svg(digits), 232)) == (digits, zxingcpp.BarcodeFormat.QRCode)
    assert read(raster(barcode_svg(digits), 330)) == (digits, zxingcpp.BarcodeFormat.Code128)


@settings(max_examples=40, deadline=None)
@given(twenty_digits)
def test_the_qr_code_is_module_for_module_that_of_the_qrcode_library(digits: str):
    """Version 1 at level Q; the mask is read from the drawing, for it is the encoder's choice."""
    grid = modules(qr_svg(digits))
    level, mask = format_bits(grid) >> 13, format_bits(grid) >> 10 & 0b111
    assert level == ERROR_CORRECT_Q
    assert grid == reference(digits, mask)


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[0-9]{20}", fullmatch=True))
def test_both_symbols_have_the_modules_that_the_library_draws(digits: str):
    """Whatever mask the library chose: under ours its data are the same."""
    drawn, mask = stencils.drawn(digits)
    ours = int.from_bytes(stencils.qr_chunks(digits), "big")
    under_ours = stencils.masked(stencils.masked(drawn, mask), stencils.MASK)
    assert ours == under_ours if mask == stencils.MASK else not (ours ^ under_ours) & stencils.data_modules()
    library = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128).to_image(add_quiet_zones=False)
    line = bytes(memoryview(library))[:145]  # type: ignore[arg-type]  # it has a buffer, its stub does not say so
    assert raster(barcode_svg(digits), 165).crop((10, 25, 155, 26)).tobytes() == line


def test_the_qr_code_has_its_quiet_zone():
    """21 modules and four of white on every side."""
    image = raster(qr_svg(DIGITS), QR_SIDE + 2 * QUIET)
    dark = image.point(lambda grey: 255 - grey).getbbox()
    assert image.size == (29, 29) and dark == (QUIET, QUIET, QUIET + QR_SIDE, QUIET + QR_SIDE)


def test_the_qr_code_survives_damage():
    """A white spot of three by three modules in the middle of the data."""
    image = raster(qr_svg(DIGITS), 290)
    image.paste(255, (150, 150, 180, 180))
    assert read(image)[0] == DIGITS


def test_the_barcode_is_set_c_with_its_quiet_zones():
    """Start, ten pairs, check: 11 modules each; stop: 13; ten white on either side (set B: 275 in all)."""
    image = raster(barcode_svg(DIGITS), 165)
    dark = image.point(lambda grey: 255 - grey).getbbox()
    assert image.width == 10 + 12 * 11 + 13 + 10 and dark == (10, 0, 155, 50)


def test_a_laser_line_anywhere_across_the_barcode_reads_it():
    """The bars are full height."""
    image = raster(barcode_svg(DIGITS), 495)
    line = image.crop((0, 70, 495, 73)).resize((495, 30))
    assert read(line) == (DIGITS, zxingcpp.BarcodeFormat.Code128)


@pytest.mark.parametrize("svg", [qr_svg(DIGITS), barcode_svg(DIGITS)], ids=["qr", "barcode"])
def test_a_drawing_can_be_put_inline_in_a_page(svg: str):
    """No prolog, no ids to clash, nothing that runs or loads; announced as one picture with a name."""
    root = ElementTree.fromstring(svg)
    assert svg.startswith("<svg ") and svg.endswith("</svg>") and "\n" not in svg
    assert root.get("role") == "img" and root[0].tag.endswith("title") and root[0].text
    assert not any("id" in element.attrib or "style" in element.attrib for element in root.iter())
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "title", "path"}


def test_the_same_digits_are_always_drawn_the_same():
    """So that drawings may be cached and compared."""
    assert qr_svg(DIGITS) == qr_svg(DIGITS) and barcode_svg(DIGITS) == barcode_svg(DIGITS)
