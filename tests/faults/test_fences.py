"""Every breach has its fences: without any of them the race shows it, with any one of them it cannot happen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mutants.cast import Cast
from tests.mutants.fences import BREACHES, GATE, LOCK
from tests.mutants.kinds import Breach, Fence
from tests.mutants.races import EFFECTS, RACES

pytestmark = pytest.mark.race
REDIS = (GATE.name, LOCK.name)
# Where only one fence stands, restoring it is the shipped platform: nothing more to show.
ALONE = [(breach, fence) for breach in BREACHES if len(breach.fences) > 1 for fence in breach.fences]


def race(cast: Cast, breach: Breach) -> int:
    """The race test: run it, and fail with the breach's name and the promises it breaks; else: how many got it."""
    answers: list[Any] = RACES[breach.name](cast)
    cases, broken = cast.bench.rows(breach.cases), cast.bench.broken_promises()
    assert not cases and not broken, f"{breach.name}: {len(cases)} cases, promises {sorted(broken)}"
    return sum(answer.status == 201 for answer in answers)


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.name)
def test_with_the_shipped_fences_alone_nothing_is_breached(cast: Cast, breach: Breach):
    """Gate and lock are bypassed, SQL stands alone: exactly as many effects as there should be."""
    cast.bench.without(*REDIS)
    assert race(cast, breach) == EFFECTS[breach.name]


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: breach.name)
def test_without_any_fence_the_race_names_the_breach(cast: Cast, breach: Breach):
    """All SQL fences against it removed, gate and lock bypassed: the race test fails and says what happened."""
    cast.bench.without(*REDIS, *(fence.name for fence in breach.fences))
    with pytest.raises(AssertionError, match=rf"{breach.name}: [1-9]"):
        race(cast, breach)
    assert cast.bench.broken_promises() >= breach.promises


@pytest.mark.parametrize(
    ("breach", "fence"), ALONE, ids=[f"{breach.name}-{fence.name}" for breach, fence in ALONE]
)
def test_one_fence_alone_prevents_the_breach(cast: Cast, breach: Breach, fence: Fence):
    """Any single fence restored, all others against this breach missing: no double effect, and none is lost."""
    others = [other.name for other in breach.fences if other is not fence]
    cast.bench.without(*REDIS, *others)
    assert race(cast, breach) == EFFECTS[breach.name]
