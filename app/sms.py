"""Short messages leave through one small door; which one is a setting (`SMS_SINK`)."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.domain.instants import SHANGHAI


class SmsSender(Protocol):
    """Whoever can deliver a message to a phone."""

    def send(self, phone: str, text: str, code: str) -> None:
        """Deliver `text`; `code` is the one-time code in it, for a gateway that fills templates."""


@dataclass(frozen=True)
class ConsoleSms:
    """Prints each message as one line: for a developer's terminal, never for production."""

    def send(self, phone: str, text: str, code: str) -> None:
        """Print and flush, so that the line is there before the answer is."""
        print(f"SMS {_line(phone, text, code)}", flush=True)


@dataclass(frozen=True)
class FileSms:
    """Appends each message to a file (made 0600) as one JSON line `{"at", "phone", "text", "code"}`."""

    path: Path

    def send(self, phone: str, text: str, code: str) -> None:
        """One write under O_APPEND, so lines of several processes never mix; OSError when cut short."""
        line = f"{_line(phone, text, code)}\n".encode()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.write(file, line) != len(line):
                raise OSError(f"short write to {self.path}")
        finally:
            os.close(file)


def sms_from(sink: str) -> SmsSender:
    """The sender of a setting: "console" or "file:/absolute/path"; anything else is a ValueError."""
    kind, _, path = sink.partition(":")
    if sink == "console":
        return ConsoleSms()
    if kind == "file" and path.startswith("/"):
        return FileSms(Path(path))
    raise ValueError('SMS_SINK must be "console" or "file:/absolute/path"')


def _line(phone: str, text: str, code: str) -> str:
    """The message as JSON without a line break, stamped with the moment of sending (+08:00, ms)."""
    at = datetime.now(SHANGHAI).isoformat(timespec="milliseconds")
    return json.dumps({"at": at, "phone": phone, "text": text, "code": code}, ensure_ascii=False)
