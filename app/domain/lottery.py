"""The lottery (摇号): who wins is a pure function of three things that nobody can choose together.

The bytes, for whoever recomputes it (docs/lottery.md says the same with words around it):

    commitment = SHA-256(seed)                       seed: 32 bytes; published before registration opens
    list hash  = SHA-256(n1 "\\n" n2 "\\n" … nN "\\n")   registration numbers, 12 ASCII digits, ascending
    draw key   = SHA-256(seed ‖ list hash ‖ public value)   32 raw bytes, 32 raw bytes, UTF-8
    ticket(n)  = SHA-256(draw key ‖ n)               32 raw bytes, 12 ASCII digits
    winners    = the K registration numbers with the smallest (ticket, n), in that order

The seed is fixed by the commitment, the list by its hash at close, and the public value becomes known only later: so
whoever knows the seed cannot add a winner, and whoever enters the value cannot aim it.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

FORMAT = "ankang-lottery/1"
SEED_BYTES = 32
# Read a million times: a pattern is several times faster than a JSON parser.
ROW = re.compile(r'\["([1-9][0-9]{11})"(?:, ([1-9][0-9]{0,8}))?\]\n?')
FIELDS = ("commitment", "seed", "list_sha256", "public_value", "registrants", "places", "winners")


class BadResults(ValueError):
    """A results file that does not add up; the message says where."""


def commitment(seed: bytes) -> str:
    """What is published before registration opens: 64 hex digits that bind the seed and do not tell it."""
    return hashlib.sha256(seed).hexdigest()


def list_hash(numbers: Iterable[str]) -> str:
    """The hash of a frozen list. `numbers` ascending, each 12 digits."""
    digest = hashlib.sha256()
    for number in numbers:
        digest.update(number.encode() + b"\n")
    return digest.hexdigest()


def draw(seed: bytes, list_sha256: str, public_value: str, numbers: Iterable[str], places: int) -> list[str]:
    """The winners, first to last: `places` of them, or everybody where there are fewer. Their order does not matter."""
    key = hashlib.sha256(seed + bytes.fromhex(list_sha256) + public_value.encode()).digest()
    tickets = ((hashlib.sha256(key + number.encode()).digest(), number) for number in numbers)
    return [number for _, number in heapq.nsmallest(places, tickets)]


def results_lines(head: dict[str, Any], registrants: Iterable[tuple[str, int | None]]) -> Iterator[str]:
    """The results file: one JSON value a line, the head first, then `[number]` or `[number, rank]`, ascending."""
    yield json.dumps({"format": FORMAT, **head}, ensure_ascii=False) + "\n"
    for number, rank in registrants:
        yield f'["{number}"]\n' if rank is None else f'["{number}", {rank}]\n'


def verify(lines: Iterable[str], published: dict[str, str] | None = None) -> dict[str, Any]:
    """Recompute a results file; returns its head. Raises BadResults with the first thing that does not add up.

    `published` may hold the `commitment` and the `list_sha256` that were read from the platform before the draw.
    """
    rows = iter(lines)
    head = _head(next(rows, ""))
    for name, value in (published or {}).items():
        _must(head[name] == value, f"{name} is {head[name]}, but {value} was published")
    seed = _unhex(head, "seed")
    _must(commitment(seed) == head["commitment"], "the seed does not match its commitment")
    numbers, ranks = _registrants(rows)
    _must(
        len(numbers) == head["registrants"],
        f"{len(numbers)} registrants, the head says {head['registrants']}",
    )
    _must(
        list_hash(numbers) == head["list_sha256"],
        "the list of registrants does not match its hash: somebody was added, removed or changed",
    )
    winners = draw(seed, head["list_sha256"], head["public_value"], numbers, head["places"])
    _must(head["winners"] == len(winners), f"{len(winners)} winners, the head says {head['winners']}")
    _compare(winners, ranks)
    return head


def _head(line: str) -> dict[str, Any]:
    try:
        head = json.loads(line)
    except ValueError as error:
        raise BadResults("the first line is not JSON") from error
    _must(isinstance(head, dict) and head.get("format") == FORMAT, f"not a file of the format {FORMAT}")
    missing = [name for name in FIELDS if name not in head]
    _must(not missing, f"the first line lacks {', '.join(missing)}")
    counts = [head[name] for name in ("registrants", "places", "winners")]
    _must(
        all(type(count) is int and count >= 0 for count in counts), "a count in the first line is no number"
    )
    texts = [head[name] for name in ("commitment", "seed", "list_sha256", "public_value")]
    _must(all(isinstance(text, str) for text in texts), "a value in the first line is no text")
    _must(len(_unhex(head, "list_sha256")) == hashlib.sha256().digest_size, "list_sha256 is no SHA-256")
    return head


def _unhex(head: dict[str, Any], name: str) -> bytes:
    try:
        return bytes.fromhex(head[name])
    except ValueError as error:
        raise BadResults(f"{name} is not hexadecimal") from error


def _registrants(rows: Iterable[str]) -> tuple[list[str], dict[int, str]]:
    numbers: list[str] = []
    ranks: dict[int, str] = {}
    last = ""
    for at, line in enumerate(rows, start=2):
        row = ROW.fullmatch(line)
        if row is None:
            raise BadResults(f"line {at} is no registration")
        number, rank = row.groups()
        if number <= last:
            raise BadResults(f"line {at}: {number} is out of order or there twice")
        numbers.append(number)
        last = number
        if rank is not None and ranks.setdefault(int(rank), number) != number:
            raise BadResults(f"line {at}: rank {rank} is there twice")
    return numbers, ranks


def _compare(winners: Sequence[str], ranks: dict[int, str]) -> None:
    for rank, number in enumerate(winners, start=1):
        named = ranks.get(rank)
        _must(named == number, f"place {rank} belongs to {number}, the file gives it to {named or 'nobody'}")
    extra = sorted(set(ranks) - set(range(1, len(winners) + 1)))
    _must(not extra, f"the file has a winner too many, at place {extra[:1]}")


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadResults(otherwise)
