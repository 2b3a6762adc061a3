"""What a fence is, how it is taken away, and what happens without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import TextClause, text

from app.sql import SetWise


@dataclass(frozen=True)
class Cut:
    """A shipped statement without one of its conditions. A condition that is not there fails the test loudly."""

    module: str
    name: str
    condition: str
    instead: str = ""

    def on(self, original: TextClause | SetWise) -> TextClause | SetWise:
        """The weakened statement."""
        shipped = original.template if isinstance(original, SetWise) else original.text
        assert shipped.count(self.condition) == 1, f"{self.module}.{self.name}: no {self.condition!r}"
        weakened = shipped.replace(self.condition, self.instead)
        if isinstance(original, SetWise):
            return SetWise(weakened, lock=original.lock, **original.columns)
        return text(weakened)


@dataclass(frozen=True)
class Swap:
    """A shipped function replaced by a blind one."""

    module: str
    name: str
    by: Callable[[Any], Any]

    def on(self, original: Any) -> Any:
        """The blind one."""
        return self.by(original)


@dataclass(frozen=True)
class Fence:
    """What holds, and what takes it away: patches of the running code, a constraint left out of the schema."""

    name: str
    patches: tuple[Cut | Swap, ...] = ()
    constraint: str | None = None


@dataclass(frozen=True)
class Breach:
    """What must never happen: the promises of the audit it breaks, a count of its cases, the fences against it."""

    name: str
    promises: frozenset[str]
    cases: str
    fences: tuple[Fence, ...] = field(repr=False)
