"""A made-up town of honest and cheating merchants, by a seed: what the rules against cash-out are measured on.

Honest ones are not easy: a set menu at the threshold, a night market, a canteen with regulars.
Cheating ones mix invented orders with real ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from app.domain.cash_out import Purchase, signs

THRESHOLD_FEN = 10_000
DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
Facts = tuple[int, str, int]  # order amount, citizen, instant
Making = Callable[[random.Random], Facts]


def usual(chance: random.Random) -> Facts:
    """Somebody buys something during the day."""
    fen = THRESHOLD_FEN + round(chance.lognormvariate(8.3, 0.9))
    return fen, f"c{chance.randrange(2_000)}", _at(chance, chance.randint(8, 21))


def _at(chance: random.Random, hour: int) -> int:
    """An instant of June, at this hour of Shanghai."""
    return chance.randrange(30) * DAY_MS + ((hour - 8) % 24) * HOUR_MS + chance.randrange(HOUR_MS)


def set_menu(chance: random.Random) -> Facts:
    """A third of its guests take the menu that costs exactly the threshold."""
    fen, who, at = usual(chance)
    return (THRESHOLD_FEN if chance.random() < 0.33 else fen), who, at


def night_market(chance: random.Random) -> Facts:
    """Open until two in the morning."""
    fen, who, _ = usual(chance)
    return fen, who, _at(chance, chance.choice([19, 20, 21, 22, 23, 0, 1]))


def canteen(chance: random.Random) -> Facts:
    """The neighbours come several times."""
    fen, _, at = usual(chance)
    return fen, f"c{chance.randrange(30)}", at


def at_threshold(chance: random.Random) -> Facts:
    """Invented: just enough."""
    _, who, at = usual(chance)
    return THRESHOLD_FEN + chance.randint(0, 100), who, at


def in_round_sums(chance: random.Random) -> Facts:
    """Invented: round."""
    _, who, at = usual(chance)
    return chance.choice([10_000, 20_000, 30_000]), who, at


def at_night(chance: random.Random) -> Facts:
    """Invented: when nobody looks."""
    fen, who, _ = usual(chance)
    return fen, who, _at(chance, chance.randint(1, 4))


def in_a_ring(chance: random.Random) -> Facts:
    """Invented: by six friends."""
    fen, _, at = usual(chance)
    return fen, f"friend{chance.randrange(6)}", at


def in_a_burst(chance: random.Random) -> Facts:
    """Invented: one evening, one after the other."""
    fen, who, _ = usual(chance)
    return fen, who, 20 * DAY_MS + chance.randrange(8 * MINUTE_MS)


HONEST: Sequence[Making] = (usual, usual, usual, set_menu, night_market, canteen)
CHEATING: Sequence[Making] = (at_threshold, in_round_sums, at_night, in_a_ring, in_a_burst)


def merchants(seed: int, count: int) -> Iterator[tuple[bool, str, list[Purchase]]]:
    """Whether it cheats, how, and its purchases; one in six cheats, with half to all of its orders invented."""
    chance = random.Random(seed)
    for number in range(count):
        cheats = number % 6 == 0
        making = chance.choice(CHEATING if cheats else HONEST)
        invented = chance.uniform(0.5, 1.0) if cheats else 1.0
        purchases = [
            _purchase(number, n, making(chance) if chance.random() < invented else usual(chance))
            for n in range(chance.randint(15, 120))
        ]
        yield cheats, making.__name__, purchases


def _purchase(merchant: int, number: int, facts: Facts) -> Purchase:
    fen, who, at = facts
    return Purchase(f"l{merchant}-{number}", "s", f"t{merchant}", who, fen, THRESHOLD_FEN, at)


def rate(seed: int, count: int) -> tuple[float, float, list[str]]:
    """Precision and recall of the rules on this town, in percent of merchants, and a line for each kind of merchant."""
    kinds: dict[tuple[bool, str], list[int]] = {}
    for cheats, kind, purchases in merchants(seed, count):
        kinds.setdefault((cheats, kind), []).append(bool(signs(purchases)))
    hits = sum(sum(found) for (cheats, _), found in kinds.items() if cheats)
    named = sum(sum(found) for found in kinds.values())
    cheating = sum(len(found) for (cheats, _), found in kinds.items() if cheats)
    lines = [
        f"{'cheats' if cheats else 'honest'} {kind:<14}{sum(found):>5} of {len(found):>5} held"
        for (cheats, kind), found in sorted(kinds.items())
    ]
    return 100 * hits / max(1, named), 100 * hits / max(1, cheating), lines
