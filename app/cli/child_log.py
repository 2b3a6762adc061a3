"""What a child says: everything into its log file, warnings and worse also onto the terminal."""

from __future__ import annotations

import re
import time
from collections import deque
from contextlib import suppress
from pathlib import Path

from app.cli.words import say_as

# structlog's JSON, gunicorn's and Python's logging, Valkey's `pid:role date # text`.
LOUD = re.compile(
    rb'"level": ?"(warning|error|critical)"'
    rb"|\b(WARNING|ERROR|CRITICAL)\b"
    rb"|^\d+:[A-Z] .{18,28} # "
)
# A demo machine seldom has vm.overcommit_memory=1 and our data set is small; Redis 7 marks its greetings as warnings.
NOT_NEWS = re.compile(
    rb"vm\.overcommit_memory|(Redis|Valkey) (is starting|version|is now ready)"
    rb"|Configuration loaded|Server initialized|User requested shutdown"
)
TRACEBACK = b"Traceback (most recent call last):"
# SMS_SINK=console prints one-time codes and phone numbers: for the eyes at the terminal, never for a file.
PRIVATE = b"SMS {"
LAST_WORDS = 15
# A child may warn at every request for a while; the terminal hears the first of each second and a count.
LOUD_PER_S = 20
ROTATE_BYTES = 20_000_000


class ChildLog:
    """The file, the filter and the last words of one child; a file of 20 MB moves aside to `<name>.log.1`."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._rest = b""
        self._in_traceback = False
        self._second = 0
        self._loud_in_second = 0
        self._heard = True
        self._unshown: deque[bytes] = deque(maxlen=LAST_WORDS)

    def feed(self, chunk: bytes) -> None:
        """Take output as it comes; half a line waits for its end."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        kept = [line + b"\n" for line in lines if self._take(line)]
        with suppress(OSError):  # a full disk must not stop the listening; the child itself will complain
            self._file.write(b"".join(kept))
            if self._file.tell() > ROTATE_BYTES:
                self._rotate()

    def last_words(self) -> list[str]:
        """The newest lines that the terminal has not seen yet; they count as seen from now on."""
        if self._rest:
            self.feed(b"\n")
        words = [line.decode(errors="replace") for line in self._unshown]
        self._unshown.clear()
        return words

    def close(self) -> None:
        """Write what is left and close the file."""
        self.last_words()
        self._file.close()

    def _take(self, line: bytes) -> bool:
        """Show the line or remember it; True when it may be kept in the file."""
        private = line.startswith(PRIVATE)
        if private or self._is_to_be_shown(line):
            say_as(self.name, line.decode(errors="replace"))
        elif line.strip():
            self._unshown.append(line)
        return not private

    def _is_to_be_shown(self, line: bytes) -> bool:
        """Loud, and not lost in a flood. A traceback is shown or held back as a whole."""
        goes_on = self._in_traceback
        if not self._is_loud(line):
            return False
        if not goes_on:
            self._heard = self._is_within_budget()
        return self._heard

    def _is_loud(self, line: bytes) -> bool:
        """A traceback is loud as a whole: its indented lines and the first line after them."""
        if self._in_traceback:
            self._in_traceback = line.startswith((b" ", b"\t")) or not line.strip()
            return True
        self._in_traceback = line.startswith(TRACEBACK)
        return self._in_traceback or bool(LOUD.search(line) and not NOT_NEWS.search(line))

    def _is_within_budget(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            held_back = self._loud_in_second - LOUD_PER_S
            if held_back > 0:
                say_as(self.name, f"……另有 {held_back} 条 / {held_back} more in {self.path}")
            self._second, self._loud_in_second = second, 0
        self._loud_in_second += 1
        return self._loud_in_second <= LOUD_PER_S

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_suffix(".log.1"))
        self._file = self.path.open("ab", buffering=0)
