"""The modules of both symbols of a code from tables, which zxing-cpp has drawn (ADR 4, 30).

Error correction adds without carry: the data modules of a QR code are, under one mask, the sum (XOR) of what each of
its bits adds. So 68 drawings, taken apart once, say what all 10^20 codes look like. A barcode is one pattern of eleven
modules after the other. The tests compare both with whole drawings.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import count, groupby, product
from typing import NamedTuple

import zxingcpp

QR_LEVEL = "Q"
"""The highest level at which 20 digits fit version 1 (21 x 21 modules); it survives 25 % of damage."""
SIDE, DIGITS = 21, 20
MASK = 0
"""Any reads as well for random digits; which one it is stands in the drawing."""
GROUPS = tuple(range(0, DIGITS, 3))
"""Where each number of three digits begins; the last has two."""
CHUNK = 7
SYMBOL, START_C, VALUES, SYMBOLS = 11, 105, 103, 12
"""Modules of one symbol of a barcode; the value of its start; how many values a check has; symbols before the stop."""

Grid = int
"""A bit a module, the upper left first, a byte for each seven of a row."""


class _QR(NamedTuple):
    """What stays under MASK, and what each value of each group of digits adds."""

    frame: Grid
    added: tuple[list[Grid], ...]


def qr_chunks(digits: str) -> bytes:
    """Seven modules a byte, row by row, of the QR code of 20 digits."""
    table = _qr()
    grid = table.frame
    for place, added in zip(GROUPS, table.added, strict=True):
        grid ^= added[int(digits[place : place + 3])]
    return grid.to_bytes(SIDE * SIDE // CHUNK, "big")


def drawn(digits: str) -> tuple[Grid, int]:
    """The library's own QR code of these digits, and the mask it chose."""
    symbol = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.QRCode, ec_level=QR_LEVEL)
    dark = [grey < 128 for grey in _pixels(symbol)]
    if len(dark) != SIDE * SIDE:
        raise RuntimeError("zxing-cpp draws another version of QR code than the one known here")
    mask = int("".join("01"[dark[SIDE * 8 + x]] for x in (2, 3, 4)), 2) ^ 0b101
    return _grid(dark), mask


def masked(grid: Grid, mask: int) -> Grid:
    """With this mask laid over its data modules, or taken from it."""
    return grid ^ _masks()[mask]


@cache
def _qr() -> _QR:
    nothing = _data("0" * DIGITS)
    frame = next(grid for n in count() for grid, mask in [drawn(f"{n:0{DIGITS}d}")] if mask == MASK)
    added = tuple(_added(place, nothing) for place in GROUPS)
    return _QR(masked(frame & ~data_modules() | nothing, MASK), added)


def _added(place: int, nothing: Grid) -> list[Grid]:
    """What each value of the digits from there on adds: the sum of what its bits add."""
    width = min(3, DIGITS - place)
    sums = [0]
    for bit in range((10**width - 1).bit_length()):
        one = _data(f"{'0' * place}{1 << bit:0{width}d}".ljust(DIGITS, "0")) ^ nothing
        sums += [each ^ one for each in sums]
    return sums[: 10**width]


def _data(digits: str) -> Grid:
    """The data modules without a mask."""
    grid, mask = drawn(digits)
    return masked(grid, mask) & data_modules()


@cache
def data_modules() -> Grid:
    """The data modules: what is neither finder, nor timing, nor format."""
    far = SIDE - 8
    return _grid(
        y != 6 and x != 6 and not (y < 9 and (x < 9 or x >= far)) and not (y >= far and x < 9)
        for y, x in product(range(SIDE), repeat=2)
    )


@cache
def _masks() -> list[Grid]:
    """ISO/IEC 18004, 7.8.2."""
    conditions = (
        lambda y, x: (y + x) % 2,
        lambda y, _: y % 2,
        lambda _, x: x % 3,
        lambda y, x: (y + x) % 3,
        lambda y, x: (y // 2 + x // 3) % 2,
        lambda y, x: y * x % 2 + y * x % 3,
        lambda y, x: (y * x % 2 + y * x % 3) % 2,
        lambda y, x: ((y + x) % 2 + y * x % 3) % 2,
    )
    places = list(product(range(SIDE), repeat=2))
    return [_grid(not condition(y, x) for y, x in places) & data_modules() for condition in conditions]


def _grid(dark: Iterable[object]) -> Grid:
    bits = ["01"[bool(each)] for each in dark]
    chunks = ("".join(bits[n : n + CHUNK]) for n in range(0, len(bits), CHUNK))
    return int("".join(f"0{chunk}" for chunk in chunks), 2)


class _Barcode(NamedTuple):
    """Strokes of the start, of each value, of the stop."""

    start: str
    values: list[str]
    stop: str


def barcode_strokes(digits: str) -> str:
    """Along a Code 128 barcode of 20 digits, number set C: its bars and gaps, as of `strokes`."""
    start, values, stop = _barcode()
    pairs = [int(digits[place : place + 2]) for place in range(0, DIGITS, 2)]
    return start + "".join([values[pair] for pair in pairs]) + values[_check(pairs)] + stop


def strokes(dark: Iterable[object]) -> str:
    """Along these modules, in the words of an SVG path: `h` draws so many, `m` leaves so many out."""
    runs = [(bool(each), len(list(run))) for each, run in groupby(dark, bool)]
    return "".join(f"h{length}" if is_dark else f"m{length} 0" for is_dark, length in runs)


def _check(pairs: list[int]) -> int:
    return (START_C + sum(weight * pair for weight, pair in enumerate(pairs, 1))) % VALUES


@cache
def _barcode() -> _Barcode:
    """As the library draws them; each value was somewhere a check."""
    found: dict[int, str] = {}
    for number in count():
        digits = f"{number:0{DIGITS}d}"
        symbol = zxingcpp.create_barcode(digits, zxingcpp.BarcodeFormat.Code128)
        dark = [grey < 128 for grey in _pixels(symbol)[: SYMBOLS * SYMBOL + SYMBOL + 2]]
        cut = [strokes(dark[n : n + SYMBOL]) for n in range(0, SYMBOLS * SYMBOL, SYMBOL)]
        found[_check([int(digits[place : place + 2]) for place in range(0, DIGITS, 2)])] = cut[-1]
        if len(found) == VALUES:
            return _Barcode(
                cut[0], [found[value] for value in range(VALUES)], strokes(dark[len(cut) * SYMBOL :])
            )
    raise AssertionError("counting does not end")


def _pixels(symbol: zxingcpp.Barcode) -> bytes:
    """A module a byte, row by row."""
    return bytes(memoryview(symbol.to_image(add_quiet_zones=False)))  # type: ignore[arg-type]  # a buffer
