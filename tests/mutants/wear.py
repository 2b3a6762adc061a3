"""Take fences away from the running code, and put them back."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.mutants.fences import EVERYTHING

_shipped: list[tuple[ModuleType, str, Any]] = []


def without(names: Iterable[str]) -> None:
    """From now on this process runs the shipped code without these fences and with all others."""
    while _shipped:
        module, name, original = _shipped.pop()
        setattr(module, name, original)
    for patch in (patch for name in names for patch in EVERYTHING[name].patches):
        module = import_module(patch.module)
        original = getattr(module, patch.name)
        _shipped.append((module, patch.name, original))
        setattr(module, patch.name, patch.on(original))
