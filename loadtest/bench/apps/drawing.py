"""What the QR code on display costs: the platform's own drawing, and that of the `qrcode` library as it comes.

    python -m loadtest.bench.apps.drawing

Says as JSON how many µs of CPU each took, as SVG, in turns.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from io import BytesIO

import qrcode
from qrcode.image.svg import SvgPathImage
from werkzeug.utils import import_string

TURNS, OURS_A_TURN, THEIRS_A_TURN = 20, 200, 10


def by_library(digits: str) -> str:
    """Its defaults, drawn as one path: the cheapest of its SVGs."""
    drawn = BytesIO()
    qrcode.make(digits, image_factory=SvgPathImage).save(drawn)
    return drawn.getvalue().decode()


def main() -> None:
    """Draw."""
    ours: Callable[[str], str] = import_string("app.citizen.symbols:qr_svg")
    spent = {"ours_us": 0.0, "library_us": 0.0}
    sides = (("ours_us", ours, OURS_A_TURN), ("library_us", by_library, THEIRS_A_TURN))
    for turn in range(-2, TURNS):  # the first two warm up
        for name, draw, times in sides:
            codes = [f"{random.randrange(10**20):020d}" for _ in range(times)]
            began = time.process_time()
            for code in codes:
                draw(code)
            if turn >= 0:
                spent[name] += (time.process_time() - began) * 1e6 / times / TURNS
    print(json.dumps(spent))


if __name__ == "__main__":
    main()
