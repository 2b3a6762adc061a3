"""`python -m tests.kit.counting KEY TIMES`: read a number, add one, write it back, each in one write transaction.

The worst a program can do: without serial writers two processes read the same number and one increment is lost.
"""

from __future__ import annotations

import os
import sys
from secrets import token_hex

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import sql
from tests.kit import inside

READ = text("SELECT used FROM counter WHERE kind = 'counting' AND scope_id = :key")
WRITE = text("UPDATE counter SET used = :used WHERE kind = 'counting' AND scope_id = :key")
ZERO = text(
    "INSERT INTO counter (kind, scope_id, subject_id, day, used, cap)"
    " VALUES ('counting', :key, '', '', 0, 1000000) ON CONFLICT DO NOTHING"
)


def counter() -> str:
    """A fresh number in the database, at zero."""
    key = token_hex(8)
    sql.write(lambda session: session.execute(ZERO, {"key": key}))
    return key


def value(key: str) -> int:
    """The committed number."""
    with sql.reading() as session:
        return int(session.scalar(READ, {"key": key}) or 0)


def add_one(session: Session, key: str) -> None:
    """Read, then write what was read plus one."""
    used = session.scalar(READ, {"key": key})
    session.execute(WRITE, {"key": key, "used": used + 1})


def main(key: str, times: int) -> None:
    """Add one, many times."""
    with inside.build(dict(os.environ)).app_context():
        for _ in range(times):
            sql.write(lambda session: add_one(session, key))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
