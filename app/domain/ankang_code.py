"""The code a citizen shows: 20 digits, `88 | V | HHHHHHHHH | OOOOOOO | C`.

88 is the service prefix, V the key epoch, H the handle (a random pseudonym, never a user id), O a one-time
password of one 30-second step, C an ISO/IEC 7064 MOD 11,10 check digit that only catches misreadings.
Nothing secret is stored: the seed of a handle follows from the master key of its epoch. All instants here are
integer milliseconds of the Unix epoch (UTC).
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

PREFIX = "88"
OTP_DIGITS = 7
STEP_MS = 30_000
STEPS_BACK = 2
STEPS_AHEAD = 1
MEMORY_STEPS = 240
"""How far back (2 h) every step is looked at; it bounds the work of one look. The step of the display always is."""

_SHAPE = re.compile(r"88([0-9])([0-9]{9})([0-9]{7})([0-9])")


@dataclass(frozen=True)
class Code:
    """What the 20 digits say. The password stays out of `repr`, so that no log line can replay a code."""

    epoch: int
    handle: str
    otp: str = field(repr=False)

    @property
    def digits(self) -> str:
        """The 20 digits, check digit included."""
        body = f"{PREFIX}{self.epoch}{self.handle}{self.otp}"
        return body + check_digit(body)


@dataclass(frozen=True)
class Displayed:
    """A code on a screen: when to draw the next one, and from when this one is refused."""

    digits: str = field(repr=False)
    step: int
    refresh_at_ms: int
    expires_at_ms: int

    @property
    def shows_from_ms(self) -> int:
        """Since when it is the one to show; a till takes it a step earlier."""
        return self.step * STEP_MS


class Verdict(Enum):
    """What a look at a code says; WRONG covers forged and random codes alike."""

    ACCEPTED = "accepted"
    CONSUMED = "consumed"
    EXPIRED = "expired"
    WRONG = "wrong"


def parse(text: str) -> Code | None:
    """Read 20 digits, scanned or typed (grouping spaces allowed); None when they cannot be a code of ours."""
    digits = text.strip().replace(" ", "")
    shape = _SHAPE.fullmatch(digits)
    if shape is None or check_digit(digits[:-1]) != digits[-1]:
        return None
    return Code(epoch=int(shape[1]), handle=shape[2], otp=shape[3])


def check_digit(digits: str) -> str:
    """ISO/IEC 7064 MOD 11,10 check digit of a string of ASCII digits."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def hkdf_expand(key: bytes, info: bytes) -> bytes:
    """HKDF-Expand of RFC 5869 with SHA-256, first block only: T(1), 32 bytes."""
    return hmac.digest(key, info + b"\x01", "sha256")


def seed_of(master_key: bytes, handle: str) -> bytes:
    """The 32-byte seed of a handle under the master key of its epoch."""
    return hkdf_expand(master_key, b"ankang/otp/v1|" + handle.encode("ascii"))


def otp_at(seed: bytes, step: int) -> str:
    """The seven digits of a step: RFC 4226 dynamic truncation, widened to 64 unsigned bits.

    64 bits instead of 31 make the bias of `mod 10**7` immeasurable (below 1e-12).
    """
    mac = hmac.digest(seed, step.to_bytes(8, "big"), "sha256")
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 8], "big")
    return f"{number % 10**OTP_DIGITS:0{OTP_DIGITS}d}"


def step_at(ms: int) -> int:
    """The number of the 30-second step that holds this instant."""
    return ms // STEP_MS


def display(master_key: bytes, epoch: int, handle: str, now_ms: int) -> Displayed:
    """The code of this handle now: accepted before `expires_at_ms`, expired from that instant on."""
    step = step_at(now_ms)
    code = Code(epoch, handle, otp_at(seed_of(master_key, handle), step))
    return Displayed(
        digits=code.digits,
        step=step,
        refresh_at_ms=(step + 1) * STEP_MS,
        expires_at_ms=(step + 1 + STEPS_BACK) * STEP_MS,
    )


def verdict(
    seed: bytes, code: Code, now_ms: int, last_step: int, issued_step: int
) -> tuple[Verdict, int | None]:
    """Judge the password of a code, and name the step it belongs to (None when WRONG).

    `last_step` is the last step this handle was used with (any smaller number when never), `issued_step` the
    step in which the handle was made: no older step can have been on a screen.
    """
    now = step_at(now_ms)
    oldest = max(now - STEPS_BACK, 0)
    step = _newest_match(seed, code.otp, range(oldest, now + STEPS_AHEAD + 1))
    if step is not None:
        return (Verdict.ACCEPTED if step > last_step else Verdict.CONSUMED), step
    remembered = range(max(issued_step, oldest - MEMORY_STEPS, 0), oldest)
    shown = (
        [issued_step] if 0 <= issued_step < remembered.start else []
    )  # a handle is displayed once, so look there
    step = _newest_match(seed, code.otp, (*shown, *remembered))
    if step is not None:
        return (Verdict.EXPIRED if step > last_step else Verdict.CONSUMED), step
    return Verdict.WRONG, None


def _newest_match(seed: bytes, otp: str, steps: Iterable[int]) -> int | None:
    """The newest of the steps whose password this is.

    The newest, because two steps may share a password (one pair in ten million): accepting the older one
    would leave the same digits good for a second use. Every step is compared in constant time, without
    leaving early, so the time taken tells nothing about which step, or how many digits, were right.
    """
    found = None
    for step in steps:
        if hmac.compare_digest(otp_at(seed, step), otp):
            found = step
    return found
