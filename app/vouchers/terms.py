"""The terms of a batch as its row keeps them: lists as JSON, NULL where nothing is limited."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

import orjson

from app.domain.terms import LISTS, Kind, Terms

OTHERS = ("kind", "off_bp", "merchants", "exclusive_group", "per_order")
COLUMNS = ", ".join(f"b.{name}" for name in (*OTHERS, *LISTS))
_stored_in = attrgetter(*OTHERS, *LISTS)


def of_row(row: Any) -> Terms:
    """The terms in a row (or a batch) that has these columns."""
    return _read(*_stored_in(row))


@lru_cache(1_000)
def _read(kind: str, *stored: Any) -> Terms:
    named = dict(zip((*OTHERS[1:], *LISTS), stored, strict=True))
    return Terms(Kind(kind), **named | {name: _list(named[name]) for name in LISTS})


def _list(text: str | None) -> tuple[Any, ...] | None:
    if text is None:
        return None
    return tuple(tuple(each) if isinstance(each, list) else each for each in orjson.loads(text))


def stored(given: Mapping[str, Any]) -> dict[str, Any]:
    """Terms of an organizer as columns: what is given, lists as JSON."""
    return {name: _text(value) if name in LISTS else value for name, value in given.items()}


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
