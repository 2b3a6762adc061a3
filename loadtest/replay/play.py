"""The campaign from the first key to the approved settlement, played by everybody at once through the doors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import gevent

from loadtest.replay.people import Citizen, Log, Organizer, SmsFile, Till, Unexpected, new_key
from loadtest.replay.plan import STORES_PER_MERCHANT, TILLS_PER_STORE, ClaimSlip, Person, Plan
from loadtest.replay.progress import at_once
from loadtest.replay.wire import HOST, Wire

SHANGHAI = timezone(timedelta(hours=8))
OPENS_IN_S = 6.0
CLAIMS_PER_S = 40  # the window stays open long enough for a machine this slow
SETTLED_WITHIN_S = 120.0
AREA = "汉滨区"

Item = TypeVar("Item")


@dataclass
class Town:
    """Everybody who takes part, and where the platform is."""

    plan: Plan
    port: int
    messages: SmsFile
    in_flight: int
    log: Log = field(default_factory=Log)
    citizens: dict[int, Citizen] = field(default_factory=dict)
    tills: list[list[Till]] = field(default_factory=list)
    campaign_id: str = ""
    batch_ids: list[str] = field(default_factory=list)
    first_keys: dict[int, str] = field(default_factory=dict)

    def organizer(self, login: str, password: str) -> Organizer:
        """An organizer who is signed in."""
        organizer = Organizer(Wire(self.port, HOST), self.log)
        organizer.sign_in(login, password)
        return organizer

    @contextmanager
    def till(self, position: int) -> Iterator[Till]:
        """This till, on a connection that nobody else uses meanwhile."""
        idle = self.tills[position]
        till = idle.pop() if len(idle) > 1 else idle[0].twin()
        try:
            yield till
        finally:
            idle.append(till)

    def all_at_once(self, title: str, items: Iterable[Item], work: Callable[[Item], None]) -> None:
        """Do the work for each item, `in_flight` at a time. The first failure stops it and is raised."""
        at_once(title, items, work, self.in_flight)


def address(number: int, net: int) -> str:
    """A loopback address of one's own: limits by address stay on, and nobody stands in another's way."""
    return f"127.{net + number // 60_000}.{number // 240 % 250}.{number % 240 + 1}"


def open_shops(town: Town, organizer: Organizer) -> None:
    """Merchants, stores, terminals and their keys."""
    for number in range(town.plan.tills):
        if number % (TILLS_PER_STORE * STORES_PER_MERCHANT) == 0:
            merchant = organizer.post("merchants", {"name": f"商户{number:03d}"}).body["merchant_id"]
        if number % TILLS_PER_STORE == 0:
            store = {"name": f"门店{number:03d}", "area": AREA}
            store_id = organizer.post(f"merchants/{merchant}/stores", store).body["store_id"]
        terminal = organizer.post(f"stores/{store_id}/terminals", {"name": f"收银台{number:03d}"}).body
        key = organizer.post(f"terminals/{terminal['terminal_id']}/keys").body
        wire = Wire(town.port, address(number, 200))
        town.tills.append([Till(wire, town.log, key["key_id"], key["secret"].encode())])


def apply_all(town: Town) -> None:
    """Every citizen signs in by SMS and applies for the Ankang code."""

    def apply(person: Person) -> None:
        citizen = Citizen(Wire(town.port, address(person.number, 16)), town.log, person.who)
        citizen.apply(town.messages)
        citizen.wire.close()
        town.citizens[person.number] = citizen

    town.all_at_once("申领 applications", town.plan.people, apply)


def publish(town: Town, author: Organizer, approver: Organizer) -> float:
    """Campaign, two batches, submission, approval by the second person. Returns when claiming opens (epoch s)."""
    campaign = {"name": "安康消费季（回放）", "budget_fen": budget_fen(town.plan)}
    town.campaign_id = author.post("campaigns", campaign).body["campaign_id"]
    opens = time.time() + OPENS_IN_S
    closes = opens + max(120, sum(batch.stock for batch in town.plan.batches) / CLAIMS_PER_S)
    window = {"claim_from": iso(opens), "claim_to": iso(closes)}
    validity: list[dict[str, Any]] = [
        {"valid_from": iso(opens), "valid_to": iso(closes + 86_400)},
        {"valid_days": 7},
    ]
    for batch, valid in zip(town.plan.batches, validity, strict=True):
        terms = {"kind": "full_reduction", "person_limit": 1, **asdict(batch), **window, **valid}
        made = author.post(f"campaigns/{town.campaign_id}/batches", terms)
        town.batch_ids.append(made.body["batch_id"])
    author.post(f"campaigns/{town.campaign_id}/submissions")
    author.post(f"campaigns/{town.campaign_id}/approvals", {}, ("self_approval",))
    approver.post(f"campaigns/{town.campaign_id}/approvals")
    return opens


def budget_fen(plan: Plan) -> int:
    """Exactly what the stock can cost."""
    return sum(batch.stock * batch.face_fen for batch in plan.batches)


def iso(at_s: float) -> str:
    """An instant for the doors: +08:00, milliseconds."""
    return datetime.fromtimestamp(at_s, SHANGHAI).isoformat(timespec="milliseconds")


def wait_for_the_window(town: Town, opens: float) -> None:
    """Some try too early and hear how long to wait; then everybody waits."""
    for person in town.plan.people:
        if person.claim_slip is ClaimSlip.EARLY and time.time() < opens - 1:
            refusal = town.citizens[person.number].claim(town.batch_ids[0], new_key(), ("not_started",))
            if not 0 < refusal.body["wait_ms"] <= OPENS_IN_S * 1000:
                raise Unexpected(f"not_started: wait_ms is {refusal.body['wait_ms']}")
    gevent.sleep(max(0.0, opens + 0.05 - time.time()))


def claim_all(town: Town) -> None:
    """Everybody claims from both batches; the stock is exactly enough. Then it is sold out, for whoever is late."""
    on_time = [person for person in town.plan.people if not person.late]
    town.all_at_once("领取 claims", on_time, lambda person: _claim_both(town, person))
    left = town.citizens[0].look("campaigns", f"/api/v1/campaigns/{town.campaign_id}")["batches"]
    if [batch["remaining"] for batch in left] != [0, 0]:
        raise Unexpected(f"after all claims: {left}")
    after = [person for person in town.plan.people if person.late or person.claim_slip is ClaimSlip.CUT_OFF]
    town.all_at_once("售罄之后 after the sell-out", after, lambda person: _come_late(town, person))


def _claim_both(town: Town, person: Person) -> None:
    citizen = town.citizens[person.number]
    for position, batch_id in enumerate(town.batch_ids):
        key = new_key()
        cut_off = person.claim_slip is ClaimSlip.CUT_OFF
        reply = citizen.claim_cut_off(batch_id, key) if cut_off else citizen.claim(batch_id, key)
        citizen.vouchers[position] = reply.body["voucher"]["voucher_id"]
        town.first_keys.setdefault(person.number, key)
    if person.claim_slip is ClaimSlip.TWICE:
        citizen.claim(town.batch_ids[0], new_key(), ("person_limit", "sold_out"))
    citizen.wire.close()


def _come_late(town: Town, person: Person) -> None:
    """New citizens get nothing; a winner who repeats the key gets the voucher again, not "sold out"."""
    citizen = town.citizens[person.number]
    if person.late:
        for batch_id in town.batch_ids:
            citizen.claim(batch_id, new_key(), ("sold_out",))
    else:
        again = citizen.claim(town.batch_ids[0], town.first_keys[person.number], (200,))
        if not again.replayed or again.body["voucher"]["voucher_id"] != citizen.vouchers[0]:
            raise Unexpected(f"a repeated claim: {again}")
    citizen.wire.close()


def settle(town: Town, author: Organizer, approver: Organizer) -> str:
    """Close the interval, wait for the job, approve by the second person. Returns the settlement's id."""
    gevent.sleep(0.1)  # the cutoff is exclusive, in milliseconds
    cutoff = {"cutoff": iso(time.time())}
    opened = author.post(f"campaigns/{town.campaign_id}/settlements", cutoff, (202,)).body["settlement_id"]
    give_up_at = time.monotonic() + SETTLED_WITHIN_S
    while author.read(f"settlements/{opened}")["state"] == "opened":
        if time.monotonic() > give_up_at:
            raise Unexpected(f"settlement {opened} is not computed after {SETTLED_WITHIN_S:.0f} s")
        gevent.sleep(0.5)
    author.post(f"settlements/{opened}/approvals", {}, ("self_approval",))
    approver.post(f"settlements/{opened}/approvals")
    return str(opened)
