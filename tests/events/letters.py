"""What a gateway finds in the folder, and what tests of notices share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app import sql
from app.domain import notice
from app.events import relay
from app.events.notices import writing

NAMED = text(
    "SELECT event_no, person_no, kind, state, attempts, facts, language FROM notice WHERE citizen_id = :citizen_id"
    " ORDER BY event_no"
)


def messages(folder: Path) -> dict[str, dict[str, Any]]:
    """Every file by the key in it; a key that is there twice fails."""
    found = [json.loads(path.read_text()) for path in folder.glob("*/ntc_*.json")]
    keyed = {each["key"]: each for each in found}
    assert len(keyed) == len(found)
    return keyed


def noticed() -> int:
    """Publish what was told, write the notices; returns how many."""
    relay.run()
    return writing.run()


def of(citizen_id: str) -> list[dict[str, Any]]:
    """The notices of somebody, oldest first, each with its name."""
    with sql.reading() as session:
        rows = session.execute(NAMED, {"citizen_id": citizen_id})
        return [{**row._asdict(), "key": notice.name_of(row.event_no, row.person_no)} for row in rows]
