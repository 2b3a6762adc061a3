"""What happens in each round. Pure: the seed and the number of the round decide everything."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

SECOND_STRIKE = 0.25
LONGEST_DOWN_S = 1.2


class Victim(StrEnum):
    """Who dies, by SIGKILL."""

    WEB_WORKER = "web-worker"  # one gunicorn worker
    WEB_WORKERS = "web-workers"  # all of them
    WEB_MASTER = "web-master"
    JOBS = "rq-worker"
    REDIS = "redis"
    ROLLBACK = "rollback"  # Redis, and it comes back with an older copy of its append-only files
    DATABASE = "database"


class Copied(StrEnum):
    """When the older copy of a roll-back was made."""

    BEFORE_OPENING = "before-opening"  # the batch's gate is not in it
    IN_THE_STORM = "in-the-storm"
    BEFORE_A_PAUSE = "before-a-pause"  # the gate in it has an older epoch
    IN_A_PAUSE = "in-a-pause"  # the gate in it is paused and has an older epoch


@dataclass(frozen=True)
class Strike:
    """Kill `victim` when `attempts` claims have been sent, `wait_s` later; a server stays away for `down_s`."""

    victim: Victim
    attempts: int
    wait_s: float
    down_s: float


@dataclass(frozen=True)
class Round:
    """One storm: how much there is to claim, who dies and when, how patient people are."""

    number: int
    stock: int
    strikes: tuple[Strike, ...]
    copied: Copied
    copy_at: int  # attempts
    gives_up: float  # the chance that somebody without an answer never asks again
    seed: str

    @property
    def title(self) -> str:
        """In a few words."""
        words = [f"{strike.victim}@{strike.attempts}" for strike in self.strikes]
        rolled_back = any(strike.victim is Victim.ROLLBACK for strike in self.strikes)
        return " + ".join(words) + (f" ({self.copied})" if rolled_back else "")


def make_round(seed: int, number: int, database: str, crowd: int) -> Round:
    """Round `number` for a crowd of so many citizens."""
    name = f"{seed}/{number}"
    rng = random.Random(name)
    victims = [each for each in Victim if each is not Victim.DATABASE or database == "postgresql"]
    stock = rng.randint(crowd * 3 // 10, crowd * 6 // 10)
    strikes = [_strike(rng, rng.choice(victims), stock)]
    copied = rng.choice(list(Copied))
    if rng.random() < SECOND_STRIKE:
        # Redis and the database come back from one death before they die again
        left = [
            each
            for each in victims
            if each is not strikes[0].victim and not _both_redis(strikes[0].victim, each)
        ]
        strikes.append(_strike(rng, rng.choice(left), stock))
        copied = Copied.IN_THE_STORM if copied in (Copied.BEFORE_A_PAUSE, Copied.IN_A_PAUSE) else copied
    rolled_back_at = min(strike.attempts for strike in strikes)
    return Round(
        number=number,
        stock=stock,
        strikes=tuple(strikes),
        copied=copied,
        copy_at=rng.randint(0, rolled_back_at),
        gives_up=rng.choice((0.0, 0.1, 0.3)),
        seed=name,
    )


def _strike(rng: random.Random, victim: Victim, stock: int) -> Strike:
    return Strike(
        victim, rng.randint(1, stock * 5 // 4), rng.uniform(0, 0.03), rng.uniform(0, LONGEST_DOWN_S)
    )


def _both_redis(one: Victim, other: Victim) -> bool:
    return {one, other} == {Victim.REDIS, Victim.ROLLBACK}
