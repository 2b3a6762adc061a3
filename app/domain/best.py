"""The vouchers that together take most off an order: exact, by branch and bound with bounded work (ADR 0020).

Of combinations that take off the same, the one whose vouchers expire soonest is better, then the one with the fewest,
then the one with the smaller ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.domain.quote import MOST_TOGETHER, Company, Held, Judged, Order, judge, most_payable
from app.domain.refusals import Refusal, Refused
from app.domain.terms import Place

# So much is looked at. Beyond, the best one so far is taken, which never takes off less than the greedy choice.
MOST_STEPS = 2_000

NEVER = 2**62


@dataclass(frozen=True)
class Best:
    """The combination in the order in which it is applied, what it takes off, and whether none can be better."""

    chosen: Sequence[Judged]
    discount_fen: int
    is_proven: bool


def best(judged: Iterable[Judged], order: Order) -> Best:
    """The best combination of the vouchers that apply; an empty one where none does."""
    search = _Search([each for each in judged if each.reason is None], order)
    search.go_on((), 0)
    return Best(search.listed(search.chosen), -search.key[0], search.steps <= MOST_STEPS)


def best_of(held: Iterable[Held], order: Order, at: int, place: Place) -> list[Held]:
    """The best of these vouchers for this order. Raises Refused(NONE_APPLIES)."""
    chosen = best([judge(each, order, at, place) for each in held], order).chosen
    if not chosen:
        raise Refused(Refusal.NONE_APPLIES)
    return [each.held for each in chosen]


class _Search:
    """Depth first; a combination is the places of its vouchers among the candidates, in the order of their turn."""

    def __init__(self, applicable: Sequence[Judged], order: Order) -> None:
        self.order = order
        self.candidates = sorted(applicable, key=lambda each: each.held.turn)
        self.twins = [_twin(self.candidates, n) for n in range(len(self.candidates))]
        self.by_worth = sorted(range(len(self.candidates)), key=lambda n: -self.candidates[n].worth_fen)
        # what a look costs doubles with every set of goods that some candidate is for
        self.step = max(1, 2 ** len({each.goods for each in self.candidates}) // 2)
        self.steps = 0
        self.chosen = self._greedy()
        # the smaller, the better: nothing that takes off as much is worse than the greedy choice
        self.key = (-self._paid(self.chosen), [NEVER])

    def listed(self, chosen: Iterable[int]) -> list[Judged]:
        """The vouchers at these places."""
        return [self.candidates[n] for n in chosen]

    def go_on(self, chosen: tuple[int, ...], paid_fen: int) -> None:
        """Look at every combination that begins with the chosen ones; of equal ones the first has the smaller ids."""
        if (key := (-paid_fen, self._ends(chosen))) < self.key:
            self.chosen, self.key = chosen, key
        if len(chosen) == MOST_TOGETHER:
            return
        company = self._company(chosen)
        for n in range(chosen[-1] + 1 if chosen else 0, len(self.candidates)):
            if self._is_second(n, chosen) or company.why_not(self.candidates[n].held):
                continue
            self.steps += self.step
            if self.steps > MOST_STEPS or not self._may_win(chosen, n, paid_fen):
                return
            together = self._paid((*chosen, n))
            if together > paid_fen:
                self.go_on((*chosen, n), together)

    def _is_second(self, n: int, chosen: tuple[int, ...]) -> bool:
        """Whether its twin is left out and would pay the same in its place: none chosen pays between the two."""
        twin = self.twins[n]
        return twin is not None and twin not in chosen and (not chosen or chosen[-1] < twin)

    def _greedy(self) -> tuple[int, ...]:
        """Whatever takes most off comes first: where to begin, and what remains where the work ends early."""
        chosen: tuple[int, ...] = ()
        for n in sorted(self._dearest((), 0, MOST_TOGETHER)):
            if self._paid((*chosen, n)) > self._paid(chosen):
                chosen = (*chosen, n)
        return chosen

    def _ends(self, chosen: Iterable[int]) -> list[int]:
        return [each.held.valid_to for each in self.listed(chosen)]

    def _paid(self, chosen: Iterable[int]) -> int:
        return most_payable(self.order, self.listed(chosen))

    def _company(self, chosen: Iterable[int]) -> Company:
        return Company(each.held for each in self.listed(chosen))

    def _may_win(self, chosen: tuple[int, ...], n: int, paid_fen: int) -> bool:
        """Whether going on with candidate n or a later one may lead to something better than the best so far."""
        most, wanted = self._most(chosen, n, paid_fen, MOST_TOGETHER), -self.key[0]
        if most != wanted:
            return most > wanted
        soonest, best = self._ends((*chosen, n)), self.key[1]
        if soonest[:-1] == best[: len(chosen)] and set(best[len(chosen) :]) <= {soonest[-1]}:
            # nothing that is left expires sooner: only fewer vouchers can be better
            return self._most(chosen, n, paid_fen, len(best) - 1) == wanted
        return soonest <= best

    def _most(self, chosen: tuple[int, ...], first: int, paid_fen: int, together: int) -> int:
        """No less than what so many vouchers pay: the chosen ones, and any from `first` on."""
        more = sum(self.candidates[n].worth_fen for n in self._dearest(chosen, first, together))
        return min(paid_fen + more, self._paid((*chosen, *range(first, len(self.candidates)))))

    def _dearest(self, chosen: tuple[int, ...], first: int, together: int) -> list[int]:
        """Those that are worth most and may join. A batch lies within one group, so no others are worth more."""
        company, dearest = self._company(chosen), list[int]()
        for n in self.by_worth:
            if len(chosen) + len(dearest) >= together:
                break
            if n >= first and company.why_not(self.candidates[n].held) is None:
                company.add(self.candidates[n].held)
                dearest.append(n)
        return dearest


def _twin(candidates: Sequence[Judged], n: int) -> int | None:
    """The last one before it of the same batch: it is worth the same and expires no later, so it is taken first."""
    batch_id = candidates[n].held.batch_id
    return next((m for m in reversed(range(n)) if candidates[m].held.batch_id == batch_id), None)
