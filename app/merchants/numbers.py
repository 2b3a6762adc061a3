"""One spelling for a merchant's numbers: the unified social credit code (GB 32100) and the bank account."""

from __future__ import annotations

import re
import unicodedata

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

_ACCOUNT = re.compile(r"[0-9]{8,30}")
_NOISE = re.compile(r"[\s\-‐‑‒–—]")


class BadNumber(ValueError):
    """What was typed cannot be right. The words never repeat it."""


def normalise_credit_code(text: str) -> str:
    """The 18 characters of a unified social credit code with a right check character, or BadNumber."""
    try:
        return str(uscc.validate(_plain(text).upper()))
    except ValidationError as error:
        raise BadNumber("统一社会信用代码有误 / not a valid unified social credit code") from error


def normalise_account_number(text: str) -> str:
    """The 8 to 30 digits of a bank account, or BadNumber. Accounts of companies have no common check digit."""
    number = _plain(text)
    if not _ACCOUNT.fullmatch(number):
        raise BadNumber("银行账号有误 / not a valid bank account number")
    return number


def masked(number: str) -> str:
    """The last four digits, which is what its owner recognises it by."""
    return f"****{number[-4:]}"


def _plain(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))
