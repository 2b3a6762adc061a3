"""How a notice leaves the platform: one small door, behind it whoever delivers messages."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import Protocol

from app.extensions import settings


class NotDelivered(Exception):
    """Not now, or not there: it is tried again later."""


@dataclass(frozen=True)
class Message:
    """All that leaves the platform of a notice. `key` is its name: the same message has the same one for ever."""

    key: str
    phone: str
    language: str
    kind: str
    at: str
    text: str


class Channel(Protocol):
    """Whoever delivers messages.

    The platform hands over a message at least once: a worker may die after it was taken and before that is remembered.
    What makes it once is the key. A channel delivers one message a key, by its own memory or its provider's: an SMS
    gateway is given the key as the request's idempotency key (out id, client reference); a key it knows is a success.
    """

    def deliver(self, message: Message) -> None:
        """Take it for good before this returns. Raises NotDelivered."""


@dataclass(frozen=True)
class InApp:
    """Nobody else: the notice in the citizen's list is all there is."""

    def deliver(self, message: Message) -> None:
        """It is there already."""


@dataclass(frozen=True)
class Folder:
    """A file a message, `2026-11-23/ntc_….json`, made 0600: complete from the moment it is there, and never twice."""

    path: Path

    def deliver(self, message: Message) -> None:
        """On disk, under its key, before this returns. A file that is there is the same message."""
        day = self.path / message.at[:10]
        draft, final = day / f".{token_hex(8)}", day / f"{message.key}.json"
        try:
            day.mkdir(mode=0o700, parents=True, exist_ok=True)
            if final.exists():
                return
            _write(draft, json.dumps(asdict(message), ensure_ascii=False).encode())
            try:
                # Fence: the name is given once, whoever is faster.
                with suppress(FileExistsError):
                    os.link(draft, final)
            finally:
                draft.unlink()
            _sync(day)
        except OSError as error:
            raise NotDelivered(type(error).__name__) from error


def channel() -> Channel:
    """The one of this platform (`NOTICE_DIR`)."""
    path = settings().notice_dir
    return Folder(Path(path)) if path else InApp()


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """A name in a folder is on disk when the folder is."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
