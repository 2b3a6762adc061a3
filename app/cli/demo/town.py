"""The town while it is being made: who is there, what its clock says, and how an act is done in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from secrets import token_hex

from sqlalchemy.orm import Session

from app import acts, clock, once
from app.ankang.apply import Applicant
from app.ankang.scan import Till
from app.cli.demo.cast import Shop
from app.domain.instants import DAY_MS, MINUTE_MS

SECOND_MS = 1_000
Work = Callable[[Session], once.Answer]


@dataclass
class Firm:
    """A merchant of the town: its shop, its tills, its owner."""

    shop: Shop
    merchant_id: str
    owner_id: str
    tills: list[Till]


@dataclass(frozen=True)
class Paid:
    """An order that was redeemed, by its number at its till; amounts in fen."""

    till: Till
    order_no: str
    order_fen: int
    redemption_id: str


@dataclass
class Town:
    """`move_on` moves the clock (`clock.past`); `now` is the present, `midnight` when its Shanghai day began."""

    move_on: Callable[[int], None]
    now: int
    midnight: int
    chance: Random = field(default_factory=lambda: Random(340803))
    staff: dict[str, str] = field(default_factory=dict)
    applicants: list[Applicant] = field(default_factory=list)
    citizens: list[str] = field(default_factory=list)
    firms: list[Firm] = field(default_factory=list)
    campaigns: dict[str, str] = field(default_factory=dict)
    batches: dict[str, list[str]] = field(default_factory=dict)
    settlements: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    paid: list[Paid] = field(default_factory=list)
    orders: int = 0

    def at(self, day: int, hour: int, minute: int = 0) -> int:
        """An instant (epoch ms) by the Shanghai day (0 is today) and the time on the wall."""
        return self.midnight + day * DAY_MS + (hour * 60 + minute) * MINUTE_MS

    def act(self, who: str, action: str, object_id: str, work: Work, reason: str = "") -> once.Answer:
        """A privileged act of staff (by login) or of a merchant's (by id): under a key, and in the trail."""
        return acts.perform(key(self.staff.get(who, who), action), object_id, work, reason)

    def order_no(self, till: Till) -> str:
        """As tills number them: the store's mark, the day, and a number that never comes again."""
        self.orders += 1
        return f"{till.store_id[-4:].upper()}-{clock.day(clock.now()).replace('-', '')}-{self.orders:04d}"


def key(caller: str, operation: str) -> once.Write:
    """A fresh key for what nobody will ask again."""
    return once.Write(caller, operation, token_hex(12), once.digest(operation))
