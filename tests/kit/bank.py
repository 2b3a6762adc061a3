"""A bank that does what banks do: refuses, delays, answers twice, contradicts itself, or never answers unless asked."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.domain.payout import Answer, Outcome

HABITS = (("at once", 4), ("late", 2), ("twice", 2), ("never", 2), ("unsure", 1), ("contradicts", 1))


class Bank:
    """Seeded. An order is known by its key: sent twice it is one order. `paid` is what it has really paid, by key."""

    def __init__(self, seed: int, refuses: float = 0.25) -> None:
        self.chance = random.Random(seed)
        self.refuses = refuses
        self.paid: Counter[str] = Counter()
        self._final: dict[str, Answer] = {}
        self._mail: list[tuple[int, Answer]] = []  # (moments to wait, answer)

    def take(self, lines: Iterable[Mapping[str, str]]) -> None:
        """A payout file arrives."""
        for line in lines:
            if line["bank_key"] not in self._final:
                self._order(line["bank_key"], round(float(line["amount"]) * 100))

    def ask(self, keys: Iterable[str]) -> list[Answer]:
        """It answers every question with its final word."""
        return [self._final[key] for key in keys]

    def mail(self) -> list[Answer]:
        """What it says in this moment, in no particular order."""
        due = [answer for wait, answer in self._mail if wait <= 0]
        self._mail = [(wait - 1, answer) for wait, answer in self._mail if wait > 0]
        self.chance.shuffle(due)
        return due

    def _order(self, key: str, amount_fen: int) -> None:
        if self.chance.random() < self.refuses:
            word = Answer(key, Outcome.REFUSED, amount_fen, reason="户名不符")
        else:
            word = Answer(key, Outcome.PAID, amount_fen, reference=f"B-{key}")
            self.paid[key] += amount_fen
        self._final[key] = word
        habits, weights = zip(*HABITS, strict=True)
        self._mail += self._said(self.chance.choices(habits, weights)[0], word)

    def _said(self, habit: str, word: Answer) -> list[tuple[int, Answer]]:
        later = self.chance.randint(1, 3)
        opposite = replace(
            word,
            outcome=Outcome.REFUSED if word.outcome is Outcome.PAID else Outcome.PAID,
            reference="B-WRONG",
        )
        unsure = replace(word, outcome=Outcome.UNKNOWN, reference="", reason="")
        return {
            "at once": [(0, word)],
            "late": [(later, word)],
            "twice": [(0, word), (later, word)],
            "never": [],
            "unsure": [(0, unsure), (later, word)],
            "contradicts": [(0, word), (later, opposite)],
        }[habit]
