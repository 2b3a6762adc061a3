"""Displaying the code (亮码): a fresh random handle each time, good for one scan within 60 to 90 seconds."""

from __future__ import annotations

from secrets import randbelow

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock, sql
from app.ankang.counters import raise_counter
from app.domain import ankang_code
from app.extensions import settings

DRAW = text(
    "INSERT INTO code_handle (epoch, handle, citizen_id, displayed_at, issued_step, last_step, bad_tries, status)"
    " VALUES (:epoch, :handle, :citizen_id, :at, :step, -1, 0, 'live')"
    " ON CONFLICT (epoch, handle) DO NOTHING RETURNING handle"
)


def display(citizen_id: str) -> tuple[ankang_code.Displayed, int]:
    """A fresh code for this citizen, and the instant it was displayed at (epoch ms)."""
    at, epoch = clock.now(), settings().current_epoch

    def draw(session: Session) -> str:
        while True:  # a taken handle is drawn again: nine digits against a few million rows an epoch
            values = {"epoch": epoch, "handle": f"{randbelow(10**9):09d}", "citizen_id": citizen_id, "at": at}
            row = session.execute(DRAW, {**values, "step": ankang_code.step_at(at)}).one_or_none()
            if row is not None:
                raise_counter(session, at, "displayed")
                return str(row.handle)

    handle = sql.write(draw)
    return ankang_code.display(settings().ankang_keys[epoch], epoch, handle, at), at
