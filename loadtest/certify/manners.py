"""What holds for every call of every till, read from what it sent: keys, signatures, patience."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from loadtest.certify.proxy import Exchange

WITHOUT_KEY = {"quotes"}
EARLY_S = 0.05


def faults(exchanges: Sequence[Exchange]) -> list[str]:
    """What was wrong with the requests of one call; empty where nothing was."""
    by_path: dict[str, list[Exchange]] = {}
    for each in exchanges:
        by_path.setdefault(f"{each.method} {each.path}", []).append(each)
    return [fault for name, sent in by_path.items() for fault in _of_path(name, sent)]


def is_final(exchange: Exchange) -> bool:
    """Whether the client has got an answer that never changes for its key."""
    if exchange.status is None or exchange.status == 429 or exchange.status >= 500:
        return False
    return exchange.said.get("code") != "in_progress" and not exchange.said.get("retryable", False)


def _of_path(name: str, sent: Sequence[Exchange]) -> Iterator[str]:
    if name.startswith("POST") and name.partition(" ")[2] not in WITHOUT_KEY:
        yield from _keys(name, sent)
    for before, after in pairwise(sent):
        if after.signature == before.signature:
            yield f"{name}: 重发时没有重新签名 repeated with the old signature, each attempt is signed anew"
        if name.startswith("POST") and is_final(before):
            yield f"{name}: 已有最终答复仍再发 sent again after a final answer ({before.status})"
        waited_s = after.at - before.answered_at
        if before.retry_after_s and waited_s < before.retry_after_s - EARLY_S:
            asked = f"Retry-After {before.retry_after_s:g} s"
            yield f"{name}: 没有等够 {asked} came back after {waited_s:.2f} s"


def _keys(name: str, sent: Sequence[Exchange]) -> Iterator[str]:
    keys = {each.key for each in sent}
    if "" in keys:
        yield f"{name}: 没有 Idempotency-Key is missing"
    if len(keys) > 1:
        yield f"{name}: 未得最终答复就换了编号 took a fresh key before a final answer ({len(keys)} keys for one call)"
    if len({hashlib.sha256(each.body).digest() for each in sent}) > len(keys):
        yield f"{name}: 同一编号内容不同 sent another body under the same key"
