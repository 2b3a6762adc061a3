"""The desk: consent, applying without a phone, claiming, printing, revoking; nothing without a visit."""

from __future__ import annotations

import pytest

from tests.conftest import Staffed
from tests.kit.desk import HOW, Agent
from tests.kit.people import id_number

WHY = {"reason": "居民遗失"}


@pytest.fixture
def agent(here: Staffed) -> Agent:
    """Who serves."""
    return Agent(here.town)


def test_a_resident_without_a_phone_has_a_code_of_the_own(here: Staffed, agent: Agent):
    """Once only; the consent is on record; nobody's phone stands there, and nothing is stored in the clear."""
    resident = agent.serve()
    again = agent.post(
        "/desk/applications", {"name": "刘奶奶", "id_number": resident.id_number, **HOW}, expect=409
    )
    assert again["code"] == "duplicate_person"
    agreed = "SELECT consent, consent_text FROM desk_visit WHERE citizen_id = :c"
    (visit,) = here.town.rows(agreed, c=resident.citizen_id)
    assert list(visit.values()) == ["signed", "2026-11"]
    phones = here.town.one(
        "SELECT COUNT(DISTINCT phone_bi) FROM citizen WHERE id = :c", c=resident.citizen_id
    )
    assert phones == 1
    assert agent.serve("王爷爷").citizen_id != resident.citizen_id, "two without a phone are two"


def test_who_has_a_code_is_found_by_id_number_and_shown_masked(here: Staffed, agent: Agent):
    """A phone's owner may be served, too: the wallet is the same one."""
    citizen, batch = here.citizen("欧阳娜娜"), here.batch()
    voucher = citizen.holds(batch.batch_id)
    found = agent.post("/desk/visits", {"id_number": citizen.id_number, "consent": "spoken"}, expect=201)
    assert (found["citizen_id"], found["holder"]) == (citizen.citizen_id, "欧阳*")
    seen = agent.get(f"/desk/residents/{citizen.citizen_id}")
    assert [each["voucher_id"] for each in seen["vouchers"]] == [voucher]
    assert citizen.id_number not in str(found) + str(seen) and citizen.phone not in str(seen)
    stranger = {"id_number": id_number(999_999), **HOW}
    assert agent.post("/desk/visits", stranger, expect=404)["code"] == "citizen_not_found"


def test_nothing_is_done_for_who_is_not_there(here: Staffed, agent: Agent):
    """Another agent's visit is none, nor one of three hours ago."""
    batch, resident, other = here.batch(), agent.serve(), Agent(here.town)
    voucher = agent.claim(resident, batch.batch_id)
    claims = f"/desk/residents/{resident.citizen_id}/claims"
    assert other.post(claims, {"batch_id": batch.batch_id}, expect=409)["code"] == "no_visit"
    assert other.post("/desk/sheets", {"voucher_id": voucher}, expect=409)["code"] == "no_visit"
    here.town.advance(3 * 3_600_000)
    assert agent.post("/desk/sheets", {"voucher_id": voucher}, expect=409)["code"] == "no_visit"
    tried = [entry for entry in here.zhao.get("/audit-log")["items"] if entry["result"] == "no_visit"]
    assert [entry["action"] for entry in tried[:3]] == ["desk.print", "desk.print", "desk.claim"]


def test_a_claim_at_the_desk_is_the_residents_own(here: Staffed, agent: Agent):
    """The same limit, one voucher a key; the agent is on record; what cannot be claimed is not offered."""
    batch, resident = here.batch(), agent.serve()
    assert batch.batch_id in {each["batch_id"] for each in agent.sees(resident)["batches"]}
    path, body = f"/desk/residents/{resident.citizen_id}/claims", {"batch_id": batch.batch_id}
    first = agent.post(path, body, expect=201, key="desk-claim-1")
    assert agent.post(path, body, expect=200, key="desk-claim-1") == first
    assert agent.post(path, body, expect=409)["code"] == "person_limit"
    assert agent.post(path, {"batch_id": "bat_none"}, expect=404)["code"] == "batch_not_found"
    assert batch.batch_id not in {each["batch_id"] for each in agent.sees(resident)["batches"]}
    noted = (
        "SELECT COUNT(*) FROM desk_claim d JOIN staff s ON s.id = d.agent_id"
        " WHERE d.claim_key = :k AND s.login = :l"
    )
    assert here.town.one(noted, k="desk-claim-1", l=agent.login) == 1
    entries = [entry for entry in here.zhao.get("/audit-log")["items"] if entry["action"] == "desk.claim"]
    assert [entry["result"] for entry in entries[:3]] == ["batch_not_found", "person_limit", "done"]
    assert entries[2]["object_id"] == first["voucher"]["voucher_id"]


def test_a_voucher_has_one_valid_sheet_whose_digits_are_stored_nowhere(here: Staffed, agent: Agent):
    """A repeated request prints the same; another one is refused until the first is revoked or reprinted."""
    resident = agent.serve()
    voucher = agent.claim(resident, here.batch().batch_id)
    body = {"voucher_id": voucher}
    sheet = agent.post("/desk/sheets", body, expect=201, key="desk-print-1")
    assert agent.post("/desk/sheets", body, expect=200, key="desk-print-1") == sheet
    assert agent.post("/desk/sheets", body, expect=409)["code"] == "wrong_state"
    stored = here.town.one("SELECT body FROM idempotency WHERE object_id = :s", s=sheet["sheet_id"])
    assert sheet["qr"] not in stored and sheet["digits"] not in stored
    fresh = agent.post(f"/desk/sheets/{sheet['sheet_id']}/reprints", WHY, expect=201)
    assert (fresh["voucher_id"], fresh["state"]) == (voucher, "valid") and fresh["qr"] != sheet["qr"]
    old = next(each for each in agent.sees(resident)["sheets"] if each["sheet_id"] == sheet["sheet_id"])
    assert (old["state"], old["replaced_by"]) == ("revoked", fresh["sheet_id"])
    assert agent.post(f"/desk/sheets/{fresh['sheet_id']}/revocations", WHY, expect=200)["state"] == "revoked"
    assert (
        agent.post(f"/desk/sheets/{fresh['sheet_id']}/revocations", WHY, expect=409)["code"] == "wrong_state"
    )
    acts = [
        entry["action"]
        for entry in here.zhao.get("/audit-log")["items"]
        if entry["object_id"] in (sheet["sheet_id"], fresh["sheet_id"])
    ]
    assert acts == ["desk.revoke", "desk.revoke", "desk.reprint", "desk.print"]
