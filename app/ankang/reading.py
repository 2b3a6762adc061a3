"""What a till has read: digits as they were scanned or typed, of a code or of a sheet of paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from app.ankang import paper
from app.ankang.counters import TEST
from app.ankang.scan import Till
from app.domain import ankang_code
from app.domain.ankang_code import Code
from app.extensions import settings

Handle = tuple[int, str]  # key epoch and handle


class Digits(NamedTuple):
    """The code that digits are, with the primary key of its row where it can be ours; the mark of those of a sheet."""

    code: Code | None
    handle: Handle | None
    mark: str | None = None


@dataclass(frozen=True)
class Shown:
    """What a till has read from a citizen's screen, and what for.

    `code` is None when the digits cannot be a code, `handle` (the primary key of its row) when it cannot be ours.
    `shown_at` (epoch ms) is proved by the phone's signature; where it is given, a one-time password is not asked for.
    `mark` is that of a sheet of paper, which has no code.
    """

    till: Till
    purpose: str
    code: Code | None
    handle: Handle | None
    shown_at: int | None = None
    mark: str | None = None

    @property
    def counted_as(self) -> str:
        """The purpose in the counters: what a test terminal reads is in no statistics."""
        return TEST if self.till.is_test else self.purpose


def parsed(digits: str) -> Digits:
    """Digits as scanned or typed."""
    code = ankang_code.parse(digits)
    is_ours = code is not None and code.epoch in settings().ankang_keys
    mark = None if code else paper.mark_in(digits)
    return Digits(code, (code.epoch, code.handle) if code and is_ours else None, mark)


def read(till: Till, digits: str, purpose: str) -> Shown:
    """Digits as scanned or typed at a till."""
    return at(till, parsed(digits), purpose)


def at(till: Till, digits: Digits, purpose: str) -> Shown:
    """These digits, read at a till."""
    return Shown(till, purpose, digits.code, digits.handle, mark=digits.mark)
