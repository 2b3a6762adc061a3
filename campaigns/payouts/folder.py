"""A folder shared with the bank: our files and questions lie in `out/`, its results in `in/`, both until taken.

Everything in it can be made again from SQL, and every result may be read twice, so nothing is lost with the folder.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import audit_trail, clock, logs, sql
from app.domain import sheets
from app.domain.instants import HOUR_MS
from app.domain.payout import Answer, Outcome
from app.extensions import settings
from campaigns.payouts import bank_file, results

ACTOR = "bank"
COLUMNS = ["bank_key", "outcome", "amount_fen", "reference", "reason"]
UNANSWERED = text(
    "SELECT DISTINCT f.id FROM payout_file f JOIN payout_attempt a ON a.file_id = f.id"
    " WHERE a.state IN ('sent', 'unknown') ORDER BY f.id"
)
# Late is unknown: it is asked about, and never sent under another key.
LATE = text("UPDATE payout_attempt SET state = 'unknown' WHERE state = 'sent' AND sent_at <= :sent_at")
OPEN_QUESTIONS = text("SELECT bank_key FROM payout_attempt WHERE state = 'unknown' ORDER BY bank_key")


def exchange() -> str:
    """Write what the bank has not answered, ask about what is late, take in what it said."""
    if settings().payout_dir is None:
        return "no folder"
    folder = Path(str(settings().payout_dir))
    for name in ("out", "in", "done"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    heard = sum(_hear(folder, path) for path in sorted((folder / "in").glob("*.csv")))
    written = sum(_write(folder / "out" / name, data) for name, data in _due())
    return f"{written} files written, {heard} results heard"


def _due() -> Iterator[tuple[str, bytes]]:
    """Payout files with open lines, and one question about all that is unknown."""
    before = clock.now() - settings().payout_query_hours * HOUR_MS
    sql.write(lambda session: session.execute(LATE, {"sent_at": before}))
    with sql.reading() as session:
        for file_id in session.scalars(UNANSWERED).all():
            yield f"{file_id}.csv", bank_file.content(session, file_id)
        keys = session.scalars(OPEN_QUESTIONS).all()
    if keys:
        asked = sheets.csv_text([["bank_key"], *([key] for key in keys)]).encode()
        yield f"query-{sheets.digest(asked)[:16]}.csv", asked


def _write(path: Path, data: bytes) -> bool:
    """Whole or not at all; a file that is there stays."""
    if path.exists():
        return False
    fresh = path.with_suffix(".part")
    fresh.write_bytes(data)
    fresh.rename(path)
    return True


def _hear(folder: Path, path: Path) -> int:
    """Take one result file in. One that cannot be read is put aside, and nothing of it is believed."""
    try:
        answers = read(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError) as error:
        logs.log.warning("bank_result_unreadable", file=path.name, cause=repr(error))
        path.rename(folder / "done" / f"{path.name}.unreadable")
        return 0
    sql.write(lambda session: _taken(session, answers, path.name))
    path.rename(folder / "done" / path.name)
    return len(answers)


def _taken(session: Session, answers: list[Answer], name: str) -> None:
    if answers:
        results.hear(session, answers)
    audit_trail.done(session, ACTOR, "payout.results", "", name[:200])


def read(content: str) -> list[Answer]:
    """The lines of a result file (COLUMNS). Raises ValueError or KeyError."""
    rows = list(csv.DictReader(io.StringIO(content), strict=True))
    return [_answer(row) for row in rows]


def _answer(row: dict[str, str]) -> Answer:
    outcome, reference = Outcome(row["outcome"]), row["reference"]
    if (outcome is Outcome.PAID and not reference) or len(reference) > 64:
        raise ValueError("a payment has a reference of at most 64 characters")
    return Answer(row["bank_key"], outcome, int(row["amount_fen"]), reference, row["reason"][:200])
