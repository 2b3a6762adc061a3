"""What happens in the town, and when: eight days, each entry at its instant, none before its predecessor.

Days are counted from today (0) by the Shanghai calendar. Whatever belongs to today is told backwards from the present,
so the story is whole at every time of the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from app import clock
from app.cli.demo import books, corners, life, offers, people
from app.cli.demo.cast import CITIZENS, NAMED
from app.cli.demo.town import SECOND_MS, Town
from app.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS
from app.events import relay
from app.events.notices import writing
from app.gate import rebuild
from app.vouchers.expire import expire_due
from campaigns import seals
from campaigns.rollups.fold import fold

FOUNDED_MS = -8 * DAY_MS + 9 * HOUR_MS  # behind today's midnight
# Shoppers of each day before today, and of a whole today.
SHOPPERS = {-7: 55, -6: 85, -5: 90, -4: 95, -3: 105, -2: 105, -1: 110, 0: 110}
SLOT_MINUTES = 20
# Who presses the button in which second of an opening, out of a hundred; the rest come within minutes.
OPENING = (21, 17, 13, 9, 6, 5, 4, 3, 3, 2, 2, 1, 1, 1)
LATER_MINUTES = (1, 2, 3, 5, 8, 12, 17, 23)


@dataclass(frozen=True)
class Entry:
    """At this instant (epoch ms) this happens; `label` is what the progress bar says meanwhile."""

    at: int
    label: str
    act: Callable[[Town], object]


def agenda(town: Town) -> list[Entry]:
    """Everything, in order; entries of one instant in the order in which they are told."""
    told = [
        *_founding(town),
        *_campaigns(town),
        *_openings(town),
        *(entry for day in SHOPPERS for entry in _day(town, day)),
        *_office(town),
        *_today(town),
    ]
    return sorted(told, key=lambda entry: entry.at)


def _founding(town: Town) -> Iterator[Entry]:
    at = town.midnight + FOUNDED_MS
    yield Entry(at, "居民申领 citizens apply", people.other_citizens)
    yield Entry(at + MINUTE_MS, "商户入驻 shops open", people.open_shops)
    yield Entry(at + 2 * MINUTE_MS, "账户核对 accounts", people.verify_accounts)


def _campaigns(town: Town) -> Iterator[Entry]:
    label = "活动 campaigns"
    yield Entry(town.at(-8, 14), label, offers.autumn)
    yield Entry(town.at(-8, 15), label, offers.drawn)
    yield Entry(town.at(-6, 15), label, offers.targeted)
    yield Entry(town.at(-5, 14), label, offers.night_market)
    yield Entry(town.at(-2, 11), label, offers.unfinished)
    yield Entry(town.at(-2, 12), label, offers.close_autumn)
    yield Entry(town.at(-1, 9), label, offers.coming)
    yield Entry(town.at(-1, 9, 30), label, offers.open_now)
    yield Entry(town.at(-1, 18), label, offers.state_factor)


def _openings(town: Town) -> Iterator[Entry]:
    yield from _opening(town, "settled", town.at(-7, 10), (0.97, 0.68))
    yield from _opening(town, "sold_out", town.at(-4, 10), (0.97, 0.97))
    yield from _opening(town, "open", offers.opened_at(town), (0.55, 0.3))
    for hour in range(9, 21):
        yield Entry(town.at(-5, hour, 10), "摇号报名 lottery", partial(_register, name="drawn", count=12))
    for minute in range(1, 5):
        at = offers.opened_at(town) + 6 * minute * MINUTE_MS
        yield Entry(at, "摇号报名 lottery", partial(_register, name="registering", count=10))


def _register(town: Town, name: str, count: int) -> None:
    life.register(town.batches[name][0], town.chance.sample(town.citizens, count))


def _opening(town: Town, name: str, at: int, shares: tuple[float, ...]) -> Iterator[Entry]:
    """Second by second, then minute by minute; of each batch the share of the town that wants it."""
    crowds = [_crowd(town, int(CITIZENS * share)) for share in shares]
    instants = [at + n * SECOND_MS + 150 for n in range(len(OPENING))]
    instants += [at + minutes * MINUTE_MS for minutes in LATER_MINUTES]
    late = (100 - sum(OPENING)) // len(LATER_MINUTES) + 1
    parts = [*OPENING, *[late] * len(LATER_MINUTES)]
    for place, instant in enumerate(instants):
        for number, crowd in enumerate(crowds):
            begin, end = (len(crowd) * min(100, sum(parts[:n])) // 100 for n in (place, place + 1))
            if begin < end:
                yield Entry(
                    instant, "抢券 claims", partial(_rush, name=name, number=number, whose=crowd[begin:end])
                )


def _crowd(town: Town, size: int) -> list[int]:
    """Those whose phones are printed are the quickest: whoever signs in as one of them finds a full wallet."""
    first = range(len(NAMED))
    return [*first, *town.chance.sample(range(len(NAMED), CITIZENS), size - len(NAMED))]


def _rush(town: Town, name: str, number: int, whose: list[int]) -> None:
    life.rush(town.batches[name][number], [town.citizens[n] for n in whose])


def _day(town: Town, day: int) -> Iterator[Entry]:
    """Shopping by the hour, what goes wrong, and the night's housekeeping."""
    label = f"{-day} 天前 days ago" if day else "今天 today"
    hours = town.chance.choices(list(life.HOURS), list(life.HOURS.values()), k=SHOPPERS[day])
    slots = Counter((hour, town.chance.randrange(0, 60, SLOT_MINUTES)) for hour in hours)
    told = [
        Entry(
            town.at(day, hour, minute + town.chance.randrange(1, SLOT_MINUTES))
            + town.chance.randrange(60_000),
            label,
            partial(life.shopping, visitors=count),
        )
        for (hour, minute), count in slots.items()
    ]
    told += [
        Entry(town.at(day, 14, 30), label, corners.refused_scans),
        Entry(town.at(day, 21, 15), label, life.bring_back),
    ]
    if -4 <= day <= -1:
        told += [
            Entry(town.at(day, hour, 7 * hour % 60), label, life.habits)
            for hour in (11, 12, 13, 15, 17, 18, 20)
        ]
    told.append(Entry(town.at(day, 23, 50), label, night))
    first_claims = town.at(-7, 10, 30)
    last = offers.opened_at(town) - MINUTE_MS if day == 0 else town.now
    return (entry for entry in told if first_claims < entry.at < last)


def night(_: Town) -> None:
    """What the platform's own clockwork does all day: once a day is enough for what nobody watches."""
    expire_due()
    fold()
    relay_all()
    writing.run()
    seals.seal_due()


def relay_all() -> None:
    """Number and publish everything that was told."""
    while relay.run():
        pass


def _office(town: Town) -> Iterator[Entry]:
    label = "结算 settlement"
    yield Entry(town.at(-6, 10), "审核 reviews", corners.applications_come_in)
    yield Entry(town.at(-3, 16), "审核 reviews", corners.suspend)
    yield Entry(town.at(-4, 18, 5), "摇号 lottery", books.freeze_list)
    yield Entry(town.at(-4, 20), "摇号 lottery", books.draw)
    yield Entry(town.at(-5, 10), "定向发放 lists", books.issue_list)
    yield Entry(town.at(-3, 9), "推送 webhooks", books.subscribe)
    yield from _settled(town, label)
    yield from _under_way(town, label)
    yield Entry(town.at(-1, 19), "审核 reviews", corners.change_account)
    yield Entry(town.at(-1, 19, 30), "审核 reviews", corners.dear_refund)
    yield Entry(town.at(-1, 20, 30), "定向发放 lists", books.check_list)


def _settled(town: Town, label: str) -> Iterator[Entry]:
    """The first campaign: an interval paid without trouble, then one of which a line is refused and paid later."""
    yield Entry(
        town.at(-4, 9), label, partial(books.settle, of="settled", name="first", cutoff=town.at(-4, 0))
    )
    yield Entry(town.at(-4, 11), label, partial(books.approve, name="first"))
    yield Entry(town.at(-4, 14), label, partial(books.send_to_bank, name="first"))
    yield Entry(town.at(-3, 15), label, partial(books.bank_answers, name="first"))
    yield Entry(
        town.at(-2, 14), label, partial(books.settle, of="settled", name="last", cutoff=town.at(-2, 12))
    )
    yield Entry(town.at(-2, 16), label, partial(books.approve, name="last"))
    yield Entry(town.at(-2, 17), label, partial(books.send_to_bank, name="last"))
    yield Entry(town.at(-1, 9, 10), label, partial(books.bank_answers, name="last", refuses=True))
    yield Entry(town.at(-1, 10), label, partial(books.send_to_bank, name="last"))
    yield Entry(town.at(-1, 15), label, partial(books.bank_answers, name="last"))
    yield Entry(town.at(-1, 16), label, books.return_the_rest)


def _under_way(town: Town, label: str) -> Iterator[Entry]:
    """The second campaign: one interval with the bank, one with a sample to look at; holds, an appeal, adjustments."""
    yield Entry(
        town.at(-2, 9), label, partial(books.settle, of="sold_out", name="with_bank", cutoff=town.at(-2, 0))
    )
    yield Entry(town.at(-2, 10), label, partial(books.approve, name="with_bank"))
    yield Entry(town.at(-2, 10, 30), label, partial(books.send_to_bank, name="with_bank"))
    yield Entry(town.at(-1, 9, 15), label, partial(books.bank_answers, name="with_bank", keeps_silent=2))
    checked = partial(
        books.settle,
        of="sold_out",
        name="checked",
        cutoff=town.at(-1, 0),
        review_percent=books.REVIEW_PERCENT,
    )
    yield Entry(town.at(-1, 10, 10), label, checked)
    yield Entry(town.at(-1, 11), label, partial(books.look_at_samples, name="checked"))
    yield Entry(town.at(-1, 17), label, books.hold_one)
    yield Entry(town.at(-1, 17, 30), label, books.adjustments)
    yield Entry(town.at(-1, 21), label, books.look_for_signs)
    yield Entry(town.at(-1, 21, 40), label, books.appeal)
    yield Entry(town.at(-1, 22, 10), label, books.let_go)


def _today(town: Town) -> Iterator[Entry]:
    """Told backwards from the present."""

    def ago(minutes: int, label: str, act: Callable[[Town], object]) -> Entry:
        return Entry(town.now - minutes * MINUTE_MS, label, act)

    yield ago(39, "预留 reservations", corners.reservations)
    yield ago(22, "权限 privileges", corners.self_approval)
    yield ago(15, "退款 refunds", corners.waiting_refund)
    for minutes in (20, 16, 11, 8):
        yield ago(minutes, "今天 today", partial(life.shopping, visitors=3))
    yield ago(7, "导出 exports", partial(books.export, of="settled", kind="redemptions"))
    yield ago(6, "导出 exports", partial(books.export, of="sold_out", kind="hours"))
    yield ago(5, "推送 webhooks", books.switch_off)
    yield ago(4, "核验 scans", corners.refused_scans)
    yield ago(0, "预留 reservations", corners.reserve_order)
    yield ago(0, "封存 seals", night)
    yield ago(0, "闸门 gates", lambda _: rebuild.sweep(clock.now()))
