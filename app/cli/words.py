"""What the start command says on the terminal, and the one way it gives up."""

import sys
from contextlib import suppress


class CannotStart(Exception):
    """The platform cannot start (or go on); the message says why and what to do. Carries the exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def say(text: str) -> None:
    """A word of the start command itself."""
    say_as("ankang", text)


def say_as(name: str, text: str) -> None:
    """A word with its speaker in front."""
    say_plain(f"{name:<9} | {text}")


def say_plain(text: str) -> None:
    """Print at once. A terminal that went away is no reason to stop serving."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stdout, flush=True)
