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


def run_each(act: str, calls: Sequence[tuple[Sequence[str], Sequence[str | int]]]) -> list[Any]:
    """Run `<act>.lua` once for each of these keys and arguments, in one round trip; a reply may be a redis.RedisError.

    Raises redis.RedisError where none could be asked.
    """
    if not calls:
        return []
    _, sha = _load(act)
    with gate_redis().pipeline(transaction=False) as pipeline:
        for keys, args in calls:
            pipeline.execute_command("EVALSHA", sha, len(keys), *keys, *args)
        replies = pipeline.execute(raise_on_error=False)
    return [
        run(act, *call) if isinstance(reply, redis.exceptions.NoScriptError) else reply
        for call, reply in zip(calls, replies, strict=True)
    ]


def run(act: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
    """Run `<act>.lua`. Raises redis.RedisError; after a timeout the outcome is unknown, so acts are safe to repeat."""
    client = gate_redis()
    source, sha = _load(act)
    try:
        return client.evalsha(sha, len(keys), *keys, *args)
    except redis.exceptions.NoScriptError:
        return client.eval(source, len(keys), *keys, *args)
