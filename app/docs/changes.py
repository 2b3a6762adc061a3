"""The dated log of changes to the till's contract, and a digest that tells when an entry is missing."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

LOG = Path(__file__).with_name("changes.toml")
DOOR = "/merchant/v1/"


def log() -> list[dict[str, Any]]:
    """Newest first: `date`, `contract` (the digest from then on), `zh` and `en` (sentences)."""
    found: list[dict[str, Any]] = tomllib.loads(LOG.read_text(encoding="utf-8"))["change"]
    return found


def digest(description: dict[str, Any]) -> str:
    """What the till's part of an OpenAPI description is known by: its paths and all that they refer to."""
    paths = {path: methods for path, methods in description["paths"].items() if path.startswith(DOOR)}
    seen: dict[str, Any] = {}
    _gather(paths, description["components"], seen)
    content = json.dumps([paths, seen], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _gather(part: Any, components: dict[str, Any], seen: dict[str, Any]) -> None:
    """Follow every reference once."""
    if isinstance(part, list):
        for item in part:
            _gather(item, components, seen)
    if not isinstance(part, dict):
        return
    reference = part.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        kind, name = reference.split("/")[-2:]
        seen[reference] = components[kind][name]
        _gather(seen[reference], components, seen)
    for item in part.values():
        _gather(item, components, seen)
