"""One spelling for what people type: ID number, phone, name.

Blind indexes compare what comes out of here, so two spellings of one person must end alike. The errors carry
no personal data: they may be logged.
"""

import re
import unicodedata

from stdnum import numdb
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

MAX_NAME = 30
NAME_DOT = "·"

_OTHER_DOTS = str.maketrans(dict.fromkeys("•‧∙⋅・", NAME_DOT))
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_PHONE_NOISE = re.compile(r"[\s\-‐‑‒–—]")
_ID_18 = re.compile(r"[0-9]{17}[0-9X]")
_ID_15 = re.compile(r"[0-9]{15}")


class BadIdentity(ValueError):
    """What was typed cannot be right."""


class BadIdNumber(BadIdentity):
    """Not a resident identity card number."""

    def __init__(self) -> None:
        """Say so without repeating the number."""
        super().__init__("身份证号码有误 / not a valid ID number")


class BadPhone(BadIdentity):
    """Not a mainland mobile number."""

    def __init__(self) -> None:
        """Say so without repeating the number."""
        super().__init__("手机号码有误 / not a valid mobile number")


class BadName(BadIdentity):
    """Not a name as an identity card writes it."""

    def __init__(self) -> None:
        """Say so without repeating the name."""
        super().__init__("姓名有误 / not a valid name")


def normalise_id_number(text: str) -> str:
    """The 18 characters of an ID number (GB 11643), or BadIdNumber.

    Full-width characters, spaces and a small x are set right; a 15-digit number of the first generation
    (births of the 1900s) becomes its 18-digit successor.
    """
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if _ID_15.fullmatch(number):
        number = _lengthened(number)
    if not _ID_18.fullmatch(number) or not _agrees(number):
        raise BadIdNumber
    return number


def normalise_phone(text: str) -> str:
    """The 11 digits of a mainland mobile number, without spaces, hyphens, +86 or 0086; or BadPhone."""
    phone = _PHONE_NOISE.sub("", unicodedata.normalize("NFKC", text))
    phone = phone.removeprefix("+86").removeprefix("0086")
    if not _PHONE.fullmatch(phone):
        raise BadPhone
    return phone


def normalise_name(text: str) -> str:
    """A name of 1 to 30 characters, letters with single dots between (阿依古丽·买买提), or BadName."""
    name = unicodedata.normalize("NFKC", text).strip().translate(_OTHER_DOTS)
    parts = name.split(NAME_DOT)
    if len(name) > MAX_NAME or not all(part and all(map(_is_letter, part)) for part in parts):
        raise BadName
    return name


def _lengthened(number: str) -> str:
    """18 digits from 15: the century of the birth year, and the check character."""
    body = f"{number[:6]}19{number[6:]}"
    return body + ric.calc_check_digit(body + "0")


def _agrees(number: str) -> bool:
    """Check character, birth date and area code, by python-stdnum's rules and tables.

    Not `ric.validate`: it wants the area to have existed in the year of birth, but the number holds the area
    of the first registration, often decades later. It would refuse everybody of 612401 (安康市, 1988–2000)
    born before 1988, and whoever is older than the district, as most of Shenzhen is.
    """
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return False
    return ric.calc_check_digit(number) == number[-1] and _is_area(number[:6])


def _is_area(code: str) -> bool:
    """Whether these six digits (GB/T 2260) are, or once were, an area."""
    return any("county" in facts for _, facts in numdb.get("cn/loc").info(code))


def _is_letter(character: str) -> bool:
    """A letter of any script; planes 2 and 3 hold only ideographs, some newer than Python's tables."""
    return character.isalpha() or "\U00020000" <= character <= "\U0003fffd"
