"""How far notices have come, under a lock that is held until COMMIT: whoever writes some is alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

LOCK = text(
    "INSERT INTO notice_clock (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET after_no = notice_clock.after_no"
    " RETURNING after_no, within, reminded_to, forgotten_no"
)
MOVE = text("UPDATE notice_clock SET after_no = :after_no, within = :within WHERE id = 1")
# Fence: whoever looked at the vouchers from another instant on has seen others.
REMINDED = text("UPDATE notice_clock SET reminded_to = :upto WHERE id = 1 AND reminded_to = :since")
FORGOTTEN = text("UPDATE notice_clock SET forgotten_no = :no WHERE id = 1 AND forgotten_no < :no")


def locked(session: Session) -> Row[Any]:
    """The row (`app/models/notice_clock.py` says what is in it), locked."""
    return session.execute(LOCK).one()
