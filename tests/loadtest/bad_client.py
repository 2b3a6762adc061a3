"""The shipped client with one habit that no till may have: the first argument names it."""

from __future__ import annotations

import sys
from secrets import token_hex
from typing import Any

from merchant_api.client import __main__ as command
from merchant_api.client.till import Answer, Till


class FreshKeys(Till):
    """Takes a fresh key for every attempt."""

    def _attempt(self, method: str, target: str, content: bytes, key: str | None) -> Answer | None:
        return super()._attempt(method, target, content, key and token_hex(16))


class Impatient(Till):
    """Does not wait as long as it is asked to."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **{**more, "sleep": lambda _: None})


class Forgetful(Till):
    """Writes nothing down before it sends."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **{**more, "memory": None})


HABITS: dict[str, type[Till]] = {"fresh-keys": FreshKeys, "impatient": Impatient, "forgetful": Forgetful}

if __name__ == "__main__":
    vars(command)["Till"] = HABITS[sys.argv[1]]
    sys.exit(command.main(sys.argv[2:]))
