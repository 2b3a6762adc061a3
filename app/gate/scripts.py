"""One Lua file, one act: loaded once, called by SHA, never repeated behind our back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import redis

from app.extensions import gate, gate_redis

Call = tuple[list[str], list[str | int]]  # keys and arguments


@cache
def _load(act: str) -> tuple[str, str]:
    """The source of an act and the name Redis keeps it under."""
    source = (Path(__file__).parent / f"{act}.lua").read_text()
    return source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


def run_for_each(
    act: str, owned: Sequence[tuple[str, Sequence[str]]], first: Sequence[int] = ()
) -> list[Any]:
    """Run `<act>.lua` for each of these owners and their keys, in one round trip; one reply each.

    One server does all of them in one call; on a cluster each call has the keys of one slot, and a reply may be a
    redis.RedisError. `first`: arguments before the owners'. Raises redis.RedisError where none could be asked.
    """
    if not gate().is_cluster:
        return list(run(act, *_call(owned, first))) if owned else []
    calls = [_call([each], first) for each in owned]
    _, sha = _load(act)
    with gate_redis().pipeline(transaction=False) as pipeline:
        for keys, args in calls:
            pipeline.execute_command("EVALSHA", sha, len(keys), *keys, *args)
        replies = pipeline.execute(raise_on_error=False) if calls else []
    return [_only(act, call, reply) for call, reply in zip(calls, replies, strict=True)]


def _call(owned: Sequence[tuple[str, Sequence[str]]], first: Sequence[int]) -> Call:
    keys = [key for _, keys in owned for key in keys]
    return keys, [*first, *(word for owner, keys in owned for word in (owner, len(keys)))]


def _only(act: str, call: Call, reply: Any) -> Any:
    if isinstance(reply, redis.exceptions.NoScriptError):
        reply = run(act, *call)
    return reply if isinstance(reply, redis.RedisError) else reply[0]


def run(act: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
    """Run `<act>.lua`. Raises redis.RedisError; after a timeout the outcome is unknown, so acts are safe to repeat."""
    client = gate_redis()
    source, sha = _load(act)
    try:
        return client.evalsha(sha, len(keys), *keys, *args)
    except redis.exceptions.NoScriptError:
        return client.eval(source, len(keys), *keys, *args)
