"""One Lua file, one act: loaded once, called by SHA, never repeated behind our back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import redis

from app.extensions import gate_redis


@cache
def _load(act: str) -> tuple[str, str]:
    """The source of an act and the name Redis keeps it under."""
    source = (Path(__file__).parent / f"{act}.lua").read_text()
    return source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


def run(act: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
    """Run `<act>.lua`. Raises redis.RedisError; after a timeout the outcome is unknown, so acts are safe to repeat."""
    client = gate_redis()
    source, sha = _load(act)
    try:
        return client.evalsha(sha, len(keys), *keys, *args)
    except redis.exceptions.NoScriptError:
        return client.eval(source, len(keys), *keys, *args)
