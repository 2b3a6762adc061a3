"""Working on a draft: how a batch would be, before it is there; a campaign made after another one."""

from __future__ import annotations

from tests.conftest import Staffed
from tests.kit.people import iso
from tests.kit.problems import refused

DAY_MS = 86_400_000
TERMS = {"kind": "percent", "off_bp": 2_000, "face_fen": 5_000, "threshold_fen": 10_000}


def test_a_preview_says_the_rule_and_works_orders_out(here: Staffed):
    """In both languages; where it begins, where it ends; an order of one's own; nothing is created."""
    seen = here.zhao.post("/batch-previews", {**TERMS, "goods_out": ["tobacco"]}, expect=200)
    assert seen["rule_zh"] == "满100元打8折，最多减50元，不含烟草。"
    assert seen["rule_en"] == "20 % off up to CNY 50 on orders of CNY 100 or more, not for tobacco."
    sums = [(each["order_fen"], each["off_fen"], each["shortfall_fen"]) for each in seen["examples"]]
    assert sums == [(9_900, 0, 100), (10_000, 2_000, None), (25_000, 5_000, None), (50_000, 5_000, None)]
    (tried,) = here.zhao.post("/batch-previews", {**TERMS, "order_fen": 12_345}, expect=200)["examples"]
    assert (tried["off_fen"], tried["pays_fen"], tried["reason"]) == (2_469, 9_876, None)


def test_a_preview_names_what_would_go_wrong(here: Staffed):
    """As far as it is known: without dates nothing is said of them; a percentage without its part has no rule."""
    now = here.town.now()
    dates = {"claim_from": iso(now - DAY_MS), "claim_to": iso(now - 2 * DAY_MS), "valid_days": 7}
    found = here.zhao.post("/batch-previews", {**TERMS, **dates}, expect=200)["faults"]
    assert [(each["field"], each["code"]) for each in found] == [
        ("claim_to", "end_before_start"),
        ("claim_from", "start_in_the_past"),
    ]
    unclear = here.zhao.post("/batch-previews", {**TERMS, "off_bp": None}, expect=200)
    assert (unclear["rule_zh"], unclear["examples"]) == (None, [])
    assert [each["field"] for each in unclear["faults"]] == ["off_bp"]
    reply = here.zhao.door.post("/organizer/v1/batch-previews", {"kind": "percent"})
    assert {each["field"] for each in reply.body["errors"]} == {"face_fen", "threshold_fen"}


def test_a_clone_has_the_terms_and_later_dates(here: Staffed):
    """A draft of whoever made it, of any campaign; once under its key; what was claimed stays behind."""
    shop = here.zhao.shop()
    batch = here.batch(merchant_ids=[shop.merchant_id], weekdays=[1, 2, 3, 4, 5, 6, 7])
    here.citizen().holds(batch.batch_id)
    source = here.zhao.get(f"/campaigns/{batch.campaign_id}")
    made = here.qian.post(f"/campaigns/{batch.campaign_id}/clones", {}, expect=201, key="clone-it-once")
    again = here.qian.post(f"/campaigns/{batch.campaign_id}/clones", {}, expect=200, key="clone-it-once")
    assert again == made
    assert (made["state"], made["author_id"] == source["author_id"]) == ("draft", False)
    assert made["name"] == source["name"] + "（副本 copy）"
    (old,), (new,) = source["batches"], made["batches"]
    same = set(old) - {"batch_id", "claimed", "remaining", "claim_from", "claim_to"}
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    assert (new["claimed"], new["merchant_ids"]) == (0, [shop.merchant_id])
    assert new["claim_from"] > old["claim_from"] and new["claim_from"][10:] == old["claim_from"][10:]
    assert here.qian.post(f"/campaigns/{made['campaign_id']}/lint", {})["faults"] == []
    (told,) = here.qian.get(f"/audit-log?object_id={made['campaign_id']}")["items"]
    assert (told["action"], told["reason"]) == ("campaign.clone", batch.campaign_id)


def test_a_lottery_is_cloned_with_a_seed_of_its_own(here: Staffed):
    """It names the same public value; its commitment is another one."""
    campaign_id = here.zhao.draft()
    lottery = here.zhao.batch_terms(mode="lottery", public_value_name="当日上证综指收盘价")
    here.zhao.post(f"/campaigns/{campaign_id}/batches", lottery, expect=201)
    made = here.zhao.post(f"/campaigns/{campaign_id}/clones", {}, expect=201)
    drawn = here.town.rows(
        "SELECT public_value_name, commitment FROM lottery l JOIN batch b ON b.id = l.batch_id"
        " WHERE b.campaign_id IN (:one, :other)",
        one=campaign_id,
        other=made["campaign_id"],
    )
    assert len({row["commitment"] for row in drawn}) == 2
    assert {row["public_value_name"] for row in drawn} == {"当日上证综指收盘价"}


def test_what_is_not_there_is_not_cloned(here: Staffed):
    """A campaign that nobody knows."""
    refused(here.zhao.door.post("/organizer/v1/campaigns/cmp_none/clones", {}), 404, "campaign_not_found")
