"""A case of the list: its id, what the till must do, and how that is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from loadtest.certify.stage import Stage

Play = Callable[[Stage], None]


@dataclass(frozen=True)
class Case:
    """`play` raises Failed where the till does something else."""

    id: str
    zh: str
    en: str
    play: Play


@dataclass(frozen=True)
class Group:
    """Cases whose ids begin with one letter, in order."""

    letter: str
    zh: str
    en: str
    cases: list[Case] = field(default_factory=list)

    def case(self, zh: str, en: str) -> Callable[[Play], Play]:
        """The function is the next case of this group."""

        def add(play: Play) -> Play:
            self.cases.append(Case(f"{self.letter}{len(self.cases) + 1}", zh, en, play))
            return play

        return add
