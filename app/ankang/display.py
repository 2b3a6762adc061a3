"""Displaying the code (亮码): a fresh random handle each time, good for one scan within 60 to 90 seconds.

Set-wise, for all who show their code in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from secrets import randbelow

from sqlalchemy.orm import Session

from app import sql
from app.ankang.counters import raise_counter
from app.domain import ankang_code
from app.extensions import settings

RESERVED_STEPS = 20
"""Ten minutes: a lift, a cellar, a market hall; and no longer than somebody puts up with a stolen screen."""
DRAW = sql.SetWise(
    "INSERT INTO code_handle (epoch, handle, citizen_id, displayed_at, issued_step, last_step, bad_tries, status)"
    " SELECT epoch, handle, citizen_id, at, step, -1, 0, 'live' FROM {items} WHERE true"
    " ON CONFLICT (epoch, handle) DO NOTHING RETURNING handle",
    epoch="bigint",
    handle="text",
    citizen_id="text",
    at="bigint",
    step="bigint",
)


def display(
    session: Session, citizen_ids: Sequence[str], at: int, purpose: str = ""
) -> list[ankang_code.Displayed]:
    """A fresh code for each of these citizens, displayed at this instant (epoch ms)."""
    epoch = settings().current_epoch
    handles = draw(session, epoch, citizen_ids, at, purpose)
    return [ankang_code.display(settings().ankang_keys[epoch], epoch, handle, at) for handle in handles]


def reserve(session: Session, citizen_id: str, at: int) -> list[ankang_code.Displayed]:
    """One handle's codes of this step and those after it, to be shown without a network: one display, one use."""
    epoch = settings().current_epoch
    (handle,) = draw(session, epoch, [citizen_id], at)
    key = settings().ankang_keys[epoch]
    return [
        ankang_code.display(key, epoch, handle, at + n * ankang_code.STEP_MS) for n in range(RESERVED_STEPS)
    ]


def draw(session: Session, epoch: int, citizen_ids: Sequence[str], at: int, purpose: str = "") -> list[str]:
    """A fresh handle for each of these citizens, counted as displayed for this purpose.

    A taken one is drawn again: nine digits against a few million rows an epoch.
    """
    common = {"epoch": epoch, "at": at, "step": ankang_code.step_at(at)}
    drawn: dict[int, str] = {}
    while len(drawn) < len(citizen_ids):
        asked = {f"{randbelow(10**9):09d}": n for n in range(len(citizen_ids)) if n not in drawn}
        rows = [{**common, "handle": handle, "citizen_id": citizen_ids[n]} for handle, n in asked.items()]
        for handle in DRAW.run(session, rows).scalars():
            drawn[asked[handle]] = handle
    raise_counter(session, at, "displayed", len(citizen_ids), purpose)
    return [drawn[n] for n in range(len(citizen_ids))]
