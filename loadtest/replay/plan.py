"""Who buys what where: the whole replay, worked out beforehand from three numbers. Pure, and the same for a seed.

The figures asked for are *net*: exactly `vouchers` vouchers stay redeemed, and the orders they pay for add up to
exactly `direct_fen`. Reversed orders, unused vouchers and refusals come on top. Amounts are in fen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum, auto
from itertools import starmap
from typing import TypeVar

from loadtest.replay.names import Identity, identities

PAIRS = 0.03  # of the vouchers pay together with one of the other batch
REVERSED = 0.03  # on top of the vouchers: redemptions that are fully reversed
UNUSED = 0.02  # on top of the vouchers: claimed, and not redeemed in the end
LATE = 0.01  # on top of the citizens: come when everything is taken
QUOTED = 0.2  # of the orders: the till asks for a quote before
DISCOUNTED = 0.15  # of the orders: the merchant gives a discount of its own
ORDERS_PER_TILL = 200
TILLS_PER_STORE, STORES_PER_MERCHANT = 2, 2


class Slip(StrEnum):
    """What goes wrong around an order, on purpose."""

    BELOW_THRESHOLD = auto()  # the cashier types too small an amount first
    CODE_TWICE = auto()  # another till scans the code of a finished order
    VOUCHER_TWICE = auto()  # the same voucher is presented for another order
    CUT_OFF = auto()  # the connection breaks before the reply; the same key again
    REPEATED = auto()  # the reply came, and the till repeats the key all the same
    FORGED = auto()  # a made-up code is scanned first
    CANCELLED_FIRST = auto()  # a reversal arrives before the redemption it cancels
    IDENTITY = auto()  # a door verifies the identity first, without vouchers
    ONE_CALL = auto()  # no mishap, the other way: code and vouchers in one request, without a scan before


class ClaimSlip(StrEnum):
    """What goes wrong around a claim, on purpose."""

    EARLY = auto()  # before the window opens
    TWICE = auto()  # a second voucher of the same batch under another key
    CUT_OFF = auto()  # the connection breaks before the reply; the same key again


SLIPS = {
    Slip.BELOW_THRESHOLD: 0.01,
    Slip.CODE_TWICE: 0.01,
    Slip.VOUCHER_TWICE: 0.01,
    Slip.CUT_OFF: 0.01,
    Slip.REPEATED: 0.01,
    Slip.FORGED: 0.005,
    Slip.CANCELLED_FIRST: 0.005,
    Slip.IDENTITY: 0.01,
    Slip.ONE_CALL: 0.05,
}
CLAIM_SLIPS = {ClaimSlip.EARLY: 0.01, ClaimSlip.TWICE: 0.01, ClaimSlip.CUT_OFF: 0.01}


class PlanError(ValueError):
    """The figures asked for cannot be played; the text says why."""


@dataclass(frozen=True)
class Batch:
    """One release: `stock` vouchers of `face_fen` off an order of at least `threshold_fen`."""

    name: str
    face_fen: int
    threshold_fen: int
    stock: int


@dataclass(frozen=True)
class Order:
    """One order at one till. `batches` are the positions of the batches whose vouchers pay."""

    person: int
    batches: tuple[int, ...]
    order_fen: int
    undone: bool
    number: str = ""
    till: int = 0
    discount_fen: int = 0
    quoted: bool = False
    slip: Slip | None = None

    @property
    def gross_fen(self) -> int:
        """Before the merchant's own discount."""
        return self.order_fen + self.discount_fen


@dataclass(frozen=True)
class Person:
    """One citizen with the orders in the order of play. `late` comes when everything is taken and has none."""

    number: int
    who: Identity
    late: bool
    claim_slip: ClaimSlip | None
    orders: tuple[Order, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that will be played."""

    vouchers: int
    direct_fen: int
    batches: tuple[Batch, ...]
    people: tuple[Person, ...]
    tills: int

    def orders(self) -> Iterator[Order]:
        """All orders, those that will be undone included."""
        for person in self.people:
            yield from person.orders

    def used_fen(self, order: Order) -> int:
        """What the vouchers pay: their full face, because every threshold is above it."""
        return sum(self.batches[position].face_fen for position in order.batches)


def merchant_of(till: int) -> int:
    """The position of the merchant whose till this is."""
    return till // (TILLS_PER_STORE * STORES_PER_MERCHANT)


def make_plan(vouchers: int, direct_fen: int, seed: int) -> Plan:
    """The plan for these figures. Raises PlanError where they leave no room for sensible orders."""
    if vouchers < 20:
        raise PlanError("VOUCHERS: at least 20, please")
    if not 100 * vouchers <= direct_fen <= 100_000_00 * vouchers:
        raise PlanError("DIRECT_FEN: between 100 and 10,000,000 fen per voucher, please")
    rng = random.Random(f"{vouchers}/{direct_fen}/{seed}")
    citizens = -(-(vouchers + max(4, round(vouchers * UNUSED))) // 2)
    batches = make_batches(direct_fen // vouchers, citizens)
    kept, undone = deal(rng, vouchers, citizens)
    orders = [_undone_order(rng, batches, *each) for each in undone] + _kept_orders(
        rng, batches, kept, direct_fen
    )
    tills = max(1, round(vouchers / ORDERS_PER_TILL / 4)) * TILLS_PER_STORE * STORES_PER_MERCHANT
    finished = [_with_details(rng, number, tills, order) for number, order in enumerate(orders, 1)]
    people = _people(rng, citizens, _with_slips(rng, finished))
    return Plan(vouchers, direct_fen, batches, people, tills)


def make_batches(average_fen: int, stock: int) -> tuple[Batch, ...]:
    """Thresholds well below the average order, so that any sum can be met; a fifth of them off."""
    thresholds = [round_down(average_fen * tenths // 10) for tenths in (3, 6)]
    faces = [threshold // 5 for threshold in thresholds]
    return tuple(starmap(Batch, zip(("第一批", "第二批"), faces, thresholds, [stock, stock], strict=True)))


def round_down(fen: int) -> int:
    """To one leading digit, the way thresholds are set: 21,301 becomes 20,000."""
    unit = 10 ** (len(str(fen)) - 1)
    return fen // unit * unit


def deal(
    rng: random.Random, vouchers: int, citizens: int
) -> tuple[list[tuple[int, tuple[int, ...]]], list[tuple[int, int]]]:
    """What becomes of each citizen's two vouchers: (who, batches) of the kept orders, (who, batch) of the undone.

    Some vouchers pay in pairs, most alone; what is left over stays unused. Half of the undone orders give
    their voucher back to somebody who then leaves it unused, half to somebody who uses it again.
    """
    shuffled = rng.sample(range(citizens), citizens)
    pairs = shuffled[: max(1, round(vouchers * PAIRS / 2))]
    slots = [(who, batch) for who in shuffled[len(pairs) :] for batch in (0, 1)]
    rng.shuffle(slots)
    singles, unused = slots[: vouchers - 2 * len(pairs)], slots[vouchers - 2 * len(pairs) :]
    reversals = max(2, round(vouchers * REVERSED))
    undone = unused[: reversals // 2]
    undone += singles[: reversals - len(undone)]
    return [(who, (0, 1)) for who in pairs] + [(who, (batch,)) for who, batch in singles], undone


def spread(rng: random.Random, least: Sequence[int], total: int) -> list[int]:
    """Amounts of at least `least` each that add up to `total`; every hundredth stays at its least."""
    weights = [0.0 if rng.random() < 0.01 else rng.lognormvariate(0, 0.6) for _ in least]
    left, whole = total - sum(least), sum(weights)
    extras = [int(left * weight / whole) for weight in weights]
    heaviest = max(range(len(least)), key=weights.__getitem__)
    extras[heaviest] += left - sum(extras)
    return [fen + extra for fen, extra in zip(least, extras, strict=True)]


def _kept_orders(
    rng: random.Random, batches: Sequence[Batch], kept: list[tuple[int, tuple[int, ...]]], direct_fen: int
) -> list[Order]:
    least = [sum(batches[position].threshold_fen for position in used) for _, used in kept]
    amounts = spread(rng, least, direct_fen)
    orders = [Order(who, used, fen, undone=False) for (who, used), fen in zip(kept, amounts, strict=True)]
    rng.shuffle(orders)
    return orders


def _undone_order(rng: random.Random, batches: Sequence[Batch], who: int, batch: int) -> Order:
    fen = round(batches[batch].threshold_fen * rng.uniform(1, 3))
    return Order(who, (batch,), fen, undone=True)


def _with_details(rng: random.Random, number: int, tills: int, order: Order) -> Order:
    discounted = rng.random() < DISCOUNTED
    return replace(
        order,
        number=f"R{number:06d}",
        till=rng.randrange(tills),
        discount_fen=rng.randint(1, max(1, order.order_fen // 10)) if discounted else 0,
        quoted=rng.random() < QUOTED,
    )


def _with_slips(rng: random.Random, orders: list[Order]) -> list[Order]:
    """Every kind of slip at least once, on orders that stay."""
    slips = _lots(rng, SLIPS, [position for position, order in enumerate(orders) if not order.undone])
    return [replace(order, slip=slips.get(position)) for position, order in enumerate(orders)]


def _people(rng: random.Random, citizens: int, orders: list[Order]) -> tuple[Person, ...]:
    late = max(2, round(citizens * LATE))
    slips = _lots(rng, CLAIM_SLIPS, list(range(citizens)))
    baskets: list[list[Order]] = [[] for _ in range(citizens + late)]
    for order in orders:
        baskets[order.person].append(order)
    whos = identities(rng, citizens + late)
    return tuple(
        Person(number, who, number >= citizens, slips.get(number), tuple(baskets[number]))
        for number, who in enumerate(whos)
    )


Kind = TypeVar("Kind")


def _lots(rng: random.Random, shares: dict[Kind, float], among: list[int]) -> dict[int, Kind]:
    """Draw who gets which slip: each by its share, and at least one of each."""
    drawn = iter(rng.sample(among, len(among)))
    wanted = [kind for kind, share in shares.items() for _ in range(max(1, round(share * len(among))))]
    return dict(zip(drawn, wanted, strict=False))
