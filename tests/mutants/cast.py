"""Who stands on the bench."""

from __future__ import annotations

from dataclasses import dataclass

from tests.kit.bench import Bench
from tests.kit.people import Batch, Citizen, Organizer, Shop
from tests.kit.together import each

CROWD = 10


@dataclass(frozen=True)
class Cast:
    """Who stands on the bench: everything here is in the rows that each fresh database gets."""

    bench: Bench
    zhao: Organizer
    qian: Organizer
    crowd: list[Citizen]
    holder: Citizen
    tills: list[Shop]
    scarce: Batch
    single: Batch
    plenty: Batch
    capped: list[str]
    vouchers: list[str]
    paid_order: str

    def tokens(self, tills: list[Shop]) -> list[str]:
        """At each till a fresh code of the holder, scanned."""
        codes = each(tills, lambda _: self.holder.show())
        scans = each(list(zip(tills, codes, strict=True)), lambda pair: pair[0].scan(pair[1]))
        return [scan.body["scan_token"] for scan in scans]
