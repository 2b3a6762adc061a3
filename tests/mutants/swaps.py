"""Blind stand-ins for shipped functions. Each takes the original, so that it can go on with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain import ankang_code
from app.domain.money import MAX_FEN
from app.domain.quote import Held, Judged, Order
from app.domain.refund import Part, Refund
from app.domain.terms import Place
from app.domain.voucher_state import Status
from app.gate.admission import Admission, Claimant, Verdict
from app.gate.lock import Wanted
from app.vouchers.caps import Left, Name

HELD_ORDER = "O-HELD-OPEN"
LONGEST_HOLD_S = 60.0


def post_box(name: str) -> Path:
    """A file by which a test and a process of its platform speak to each other."""
    return Path(os.environ["MUTANTS_DIR"]) / name


def open_gate(_: Any) -> Callable[[str, Sequence[Claimant]], list[Admission]]:
    """A gate that admits everybody, in the epoch of the moment."""

    def ask(batch_id: str, claimants: Sequence[Claimant]) -> list[Admission]:
        with sql.reading() as session:
            epoch = session.scalar(text("SELECT gate_epoch FROM batch WHERE id = :id"), {"id": batch_id})
        return [Admission(Verdict.ADMITTED, epoch, clock.now(), 0)] * len(claimants)

    return ask


def no_lock(_: Any) -> Callable[..., Any]:
    """A lock that everybody holds; it writes down who passed."""

    @contextmanager
    def hold(wanted: Sequence[Wanted]) -> Iterator[list[bool]]:
        with post_box("passed").open("a") as passed:
            passed.writelines(f"{each.owner} {' '.join(each.voucher_ids)}\n" for each in wanted)
        yield [True] * len(wanted)

    return hold


def status_blind(original: Callable[..., Judged]) -> Callable[..., Judged]:
    """A judge to whom every voucher is unused."""

    def judge(held: Held, order: Order, at: int, place: Place) -> Judged:
        return original(replace(held, status=Status.ISSUED), order, at, place)

    return judge


def hold_blind(original: Callable[..., Judged]) -> Callable[..., Judged]:
    """A judge to whom no voucher is held for anybody."""

    def judge(held: Held, order: Order, at: int, place: Place) -> Judged:
        return original(replace(held, hold_until=0), order, at, place)

    return judge


def unrefunded(original: Callable[..., Refund]) -> Callable[..., Refund]:
    """A refund to which every order is as good as new."""

    def refund(order_fen: int, parts: Sequence[Part], asked_fen: int) -> Refund:
        return original(
            order_fen, [replace(part, refunded_fen=0, returned_fen=0) for part in parts], asked_fen
        )

    return refund


def generous(original: type[Left]) -> type[Left]:
    """Counters that always leave enough."""

    class Enough(original):  # type: ignore[misc, valid-type]
        def __init__(self, left_fen: Mapping[Name, int]) -> None:
            super().__init__(dict.fromkeys(left_fen, MAX_FEN))

    return Enough


def without_row_locks(original: sql.SetWise) -> sql.SetWise:
    """Rows are read, not locked."""
    return sql.SetWise(original.template, **original.columns)


def always_new(original: Callable[..., Any]) -> Callable[..., Any]:
    """A look at a code that never finds it used."""

    def verdict(code: Any, found: Any, at: int) -> Any:
        word, step = original(code, found, at)
        return ankang_code.Verdict.ACCEPTED if step is not None else word, step

    return verdict


def no_reason(_: Any) -> Callable[..., None]:
    """Nothing speaks against a code."""
    return lambda _verdict, _found: None


def unbound(original: Callable[..., Any]) -> Callable[..., Any]:
    """A scan that has not paid anything, ever."""
    return lambda row, at: replace(original(row, at), order_no=None)


def forgetful(_: Any) -> Callable[..., list[None]]:
    """Nobody remembers any key."""
    return lambda _session, writes: [None] * len(writes)


def bottomless(_: Any) -> Callable[..., None]:
    """A rule to which every batch has stock left."""
    return lambda _batch, _unclaimed, _left_fen: None


def held_open(original: Callable[..., Any]) -> Callable[..., Any]:
    """The one redemption with the agreed order number stays open, its rows locked, until it is told to go on."""

    def effects(session: Session, decided: Sequence[Any], *rest: Any) -> Any:
        if any(each.redeeming.asked.order_no == HELD_ORDER for each in decided):
            wait_in_the_middle(lambda: session.execute(text("SELECT 1")))
        return original(session, decided, *rest)

    return effects


def wait_in_the_middle(stay_alive: Callable[[], Any] = lambda: None) -> None:
    """Say that the middle is reached, then wait for the word to go on."""
    post_box("inside").touch()
    deadline = time.monotonic() + LONGEST_HOLD_S
    while not post_box("go-on").exists() and time.monotonic() < deadline:
        stay_alive()  # PostgreSQL ends a transaction that idles
        time.sleep(0.02)


def a_minute(_: int) -> int:
    """As long as a test may take."""
    return 60_000


def enough_is_left(_: Any) -> Callable[..., dict[str, int]]:
    """A campaign from which any sum may go back."""
    return lambda _session, _campaign, _now: {"budget_fen": 10**12, "released_fen": 10**12}
