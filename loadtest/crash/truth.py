"""What SQL says about a batch, read from outside. A connection a look: the server may have died since the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

CLAIMED = text("SELECT claimed FROM batch WHERE id = :batch")
VOUCHERS = text("SELECT id FROM voucher WHERE batch_id = :batch")


@dataclass
class Truth:
    """Reads the database of the platform."""

    url: str

    def claimed(self, batch_id: str) -> int:
        """How many the batch's row counts."""
        [row] = self._rows(CLAIMED, batch_id)
        return int(row[0])

    def vouchers(self, batch_id: str) -> set[str]:
        """The ids of its vouchers."""
        return {str(row[0]) for row in self._rows(VOUCHERS, batch_id)}

    def _rows(self, query: Any, batch_id: str) -> list[Any]:
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.execute(query, {"batch": batch_id}))
