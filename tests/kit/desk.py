"""An agent's desk at a community centre, and the residents who come to it without a phone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from tests.kit.people import Organizer, id_number
from tests.kit.town import Town

_serial = itertools.count(8_500_000)
HOW = {"consent": "signed"}


@dataclass(frozen=True)
class Resident:
    """Somebody who has an Ankang code and no phone."""

    citizen_id: str
    id_number: str


class Agent(Organizer):
    """Who serves residents."""

    def __init__(self, town: Town, name: str = "韩代办") -> None:
        super().__init__(town, "agent", name)

    def serve(self, name: str = "刘奶奶") -> Resident:
        """A resident applies at this desk."""
        number = id_number(next(_serial))
        body = {"name": name, "id_number": number, **HOW}
        return Resident(self.post("/desk/applications", body, expect=201)["citizen_id"], number)

    def claim(self, resident: Resident, batch_id: str) -> str:
        """A voucher for the resident: its id."""
        path = f"/desk/residents/{resident.citizen_id}/claims"
        return str(self.post(path, {"batch_id": batch_id}, expect=201)["voucher"]["voucher_id"])

    def print(self, voucher_id: str) -> dict[str, Any]:
        """A sheet of this voucher."""
        sheet: dict[str, Any] = self.post("/desk/sheets", {"voucher_id": voucher_id}, expect=201)
        return sheet

    def sees(self, resident: Resident) -> dict[str, Any]:
        """The resident as the desk sees that person."""
        seen: dict[str, Any] = self.get(f"/desk/residents/{resident.citizen_id}")
        return seen
