"""What a storm needs beforehand: shops with tills, citizens who are signed in, one approved batch. All by HTTP."""

from __future__ import annotations

import json
import random
import time
from datetime import datetime
from pathlib import Path

from loadtest.replay.house import CannotPlay, House
from loadtest.replay.names import identities
from loadtest.replay.people import Citizen, Log, Organizer, SmsFile, Till
from loadtest.replay.play import AREA, address, iso
from loadtest.replay.progress import at_once
from loadtest.replay.wire import HOST, Wire
from loadtest.shapes import Shape

IN_FLIGHT = 32
FACE_FEN, THRESHOLD_FEN = 2_000, 10_000
TILLS_NET, CITIZENS_NET = 200, 16  # loopback addresses of their own: the limits by address stay on
CLOSES_AFTER_S = 86_400


class Scene:
    """Everything on one platform that a storm needs; `log` holds the times of the preparation."""

    def __init__(self, house: House, shape: Shape, seed: int, logins: Path | None = None) -> None:
        self.house, self.shape, self.log = house, shape, Log()
        accounts = from_file(logins) if logins else [house.new_organizer() for _ in range(2)]
        self.author, self.approver = (self._organizer(*account) for account in accounts)
        self.tills = [self._till(number) for number in range(shape.tills)]
        self.citizens = self._citizens(seed)
        self.campaign_id = self.batch_id = ""

    def _organizer(self, login: str, password: str) -> Organizer:
        organizer = Organizer(Wire(self.house.port, HOST), self.log)
        organizer.sign_in(login, password)
        return organizer

    def _till(self, number: int) -> Till:
        merchant = self.author.post("merchants", {"name": f"压测商户{number:02d}"}).body["merchant_id"]
        store = {"name": f"压测门店{number:02d}", "area": AREA}
        store_id = self.author.post(f"merchants/{merchant}/stores", store).body["store_id"]
        terminal = self.author.post(f"stores/{store_id}/terminals", {"name": "收银台"}).body["terminal_id"]
        key = self.author.post(f"terminals/{terminal}/keys").body
        wire = Wire(self.house.port, address(number, TILLS_NET))
        return Till(wire, self.log, key["key_id"], key["secret"].encode())

    def _citizens(self, seed: int) -> list[Citizen]:
        messages = SmsFile(self.house.data_dir / "sms.jsonl")
        citizens = [
            Citizen(Wire(self.house.port, address(number, CITIZENS_NET)), self.log, who)
            for number, who in enumerate(identities(random.Random(seed), self.shape.citizens))
        ]

        def sign_in(citizen: Citizen) -> None:
            if not citizen.sign_in(messages):
                citizen.register()
            citizen.wire.close()

        at_once("登录 signing in", citizens, sign_in, IN_FLIGHT)
        return citizens

    def publish(self, opens_in_s: float) -> float:
        """One batch, submitted and approved. Returns when claiming opens, on this process's monotonic clock."""
        ahead_s = self.server_ahead_s()
        opens = time.time() + ahead_s + opens_in_s
        campaign = {"name": f"压测 {self.shape.name}", "budget_fen": self.shape.vouchers * FACE_FEN}
        self.campaign_id = self.author.post("campaigns", campaign).body["campaign_id"]
        terms = {
            "name": "满100减20",
            "kind": "full_reduction",
            "face_fen": FACE_FEN,
            "threshold_fen": THRESHOLD_FEN,
            "stock": self.shape.vouchers,
            "person_limit": 1,
            "claim_from": iso(opens),
            "claim_to": iso(opens + CLOSES_AFTER_S),
            "valid_days": 7,
        }
        self.batch_id = self.author.post(f"campaigns/{self.campaign_id}/batches", terms).body["batch_id"]
        self.author.post(f"campaigns/{self.campaign_id}/submissions")
        self.approver.post(f"campaigns/{self.campaign_id}/approvals")
        return time.monotonic() + opens - ahead_s - time.time()

    def server_ahead_s(self) -> float:
        """How far the server's clock is ahead of ours: the quickest of five looks at the public list."""
        looks = list[tuple[float, float]]()
        for _ in range(5):
            began = time.time()
            shown = self.author.wire.ask("GET", "/api/v1/campaigns", "", b"").body["server_time"]
            took = time.time() - began
            looks.append((took, datetime.fromisoformat(shown).timestamp() - began - took / 2))
        return min(looks)[1]

    def claimed(self) -> int:
        """How many the platform's statistics say are claimed."""
        shown = self.author.read(f"campaigns/{self.campaign_id}/statistics")["batches"]
        return int(shown[0]["claimed"])


def from_file(logins: Path) -> list[tuple[str, str]]:
    """The two organizers of a demo's logins file. Raises CannotPlay when they are not there."""
    try:
        rows = json.loads(logins.read_text(encoding="utf-8"))
        found = [(row["login"], row["password"]) for row in rows if row["role"] == "organizer"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotPlay(f"no logins in {logins}: {error}") from None
    if len(found) < 2:
        raise CannotPlay(f"{logins} names {len(found)} organizers: approval takes two")
    return found[:2]
