"""One Lua file, one act: loaded once, called by SHA, never repeated behind our back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import redis

from app.extensions import gate_redis


@cache
def _source(act: str) -> str:
    return (Path(__file__).parent / f"{act}.lua").read_text()


def run(act: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
    """Run `<act>.lua`. Raises redis.RedisError; after a timeout the outcome is unknown, so acts are safe to repeat."""
    client = gate_redis()
    script: Any = client.register_script(_source(act))
    try:
        return client.evalsha(script.sha, len(keys), *keys, *args)
    except redis.exceptions.NoScriptError:
        return client.eval(_source(act), len(keys), *keys, *args)
