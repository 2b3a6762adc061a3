"""What is printed on a voucher sheet: digits only, so that every scan gun, layout and keyboard reads them alike.

The QR code holds 40 digits, 37 of them random (122 bits); below it stand 20 to be typed, 17 of them random (56 bits),
as guarded as typed codes are. Both begin with 89, a displayed code with 88, and end in the same check digit.
"""

from __future__ import annotations

import re

from app.domain.ankang_code import check_digit

PREFIX = "89"
QR_RANDOM, TYPED_RANDOM = 37, 17
_SHAPE = re.compile(rf"{PREFIX}(?:[0-9]{{{QR_RANDOM}}}|[0-9]{{{TYPED_RANDOM}}})[0-9]")


def written(chance: bytes, random_digits: int) -> str:
    """The digits that these 32 random bytes make."""
    number = int.from_bytes(chance, "big") % 10**random_digits
    body = f"{PREFIX}{number:0{random_digits}d}"
    return body + check_digit(body)


def parse(text: str) -> str | None:
    """The digits of a sheet as scanned or typed (grouping spaces allowed); None where they cannot be a sheet's."""
    digits = text.strip().replace(" ", "")
    if _SHAPE.fullmatch(digits) is None or check_digit(digits[:-1]) != digits[-1]:
        return None
    return digits


def grouped(digits: str) -> str:
    """As they are printed: by fours."""
    return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))
