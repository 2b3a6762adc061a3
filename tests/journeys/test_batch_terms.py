"""What organizers say about the use of a batch's vouchers, and what everybody then reads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Staffed
from tests.kit.problems import refused

HOURS = [{"from": "11:00", "to": "14:00"}, {"from": "17:00", "to": "24:00"}]


def faults(here: Staffed, **terms: Any) -> set[tuple[str, str]]:
    """Field and code of each fault of a batch that is refused."""
    campaign_id = here.zhao.draft()
    path = f"/organizer/v1/campaigns/{campaign_id}/batches"
    problem = refused(here.zhao.door.post(path, here.zhao.batch_terms(**terms)), 422, "campaign_invalid")
    assert here.zhao.get(f"/campaigns/{campaign_id}")["batches"] == []
    assert all(fault["message"] for fault in problem["errors"])
    return {(fault["field"], fault["code"]) for fault in problem["errors"]}


@pytest.mark.case(8)
def test_case_08_faults_of_the_terms_are_one_entry_each(here: Staffed):
    """A percentage that is none, empty lists, hours that end before they start, a place where nobody sells."""
    here.shop()
    assert faults(here, kind="percent") == {("off_bp", "percent_unclear")}
    assert faults(here, off_bp=1_000, areas=[], hours=[]) == {
        ("off_bp", "percent_unclear"),
        ("areas", "list_empty"),
        ("hours", "list_empty"),
    }
    assert faults(here, hours=[{"from": "14:00", "to": "11:00"}]) == {("hours", "end_before_start")}
    assert faults(here, goods_in=["dining"], goods_out=["tobacco"]) == {("goods_out", "goods_unclear")}
    assert faults(here, exclusive_group="迎新", per_order=2) == {("per_order", "stacking_unclear")}
    assert faults(here, merchant_ids=[]) == {("merchant_ids", "list_empty")}
    assert faults(here, merchant_ids=["mer_nobody"]) == {("merchant_ids", "merchant_unknown")}
    assert faults(here, areas=["月亮上"]) == {("areas", "no_store_there")}
    assert faults(here, categories=["餐饮"], areas=["月亮上"]) == {("areas", "no_store_there")}


def test_words_and_times_that_do_not_exist_are_no_terms(here: Staffed):
    """Goods nobody knows, a 25th hour, an eighth weekday, a merchant twice: `request_invalid` names the field."""
    path = f"/organizer/v1/campaigns/{here.zhao.draft()}/batches"
    wrong: dict[str, Any] = {
        "goods_in": ["gold bars"],
        "hours": [{"from": "10:00", "to": "25:00"}],
        "weekdays": [8],
        "merchant_ids": ["mer_1", "mer_1"],
        "off_bp": 10_000,
        "per_order": 0,
    }
    for field, value in wrong.items():
        problem = refused(
            here.zhao.door.post(path, here.zhao.batch_terms(**{field: value})), 400, "request_invalid"
        )
        assert problem["errors"][0]["field"].split(".")[0] == field


def test_terms_are_kept_shown_and_changed_while_the_campaign_is_a_draft(here: Staffed):
    """Every term comes back as it was given; null takes a limit away; a faulty edit leaves everything as it was."""
    shop, other = here.shop(), here.shop()
    terms: dict[str, Any] = {
        "kind": "percent",
        "off_bp": 2_000,
        "goods_out": ["tobacco"],
        "weekdays": [5, 6],
        "hours": HOURS,
        "areas": ["菱湖街道"],
        "categories": ["餐饮"],
        "merchant_ids": sorted([shop.merchant_id, other.merchant_id]),
        "exclusive_group": "迎新",
        "per_order": 1,
    }
    campaign_id = here.zhao.draft()
    body = here.zhao.batch_terms(**terms)
    made = here.zhao.post(f"/campaigns/{campaign_id}/batches", body, expect=201)
    assert {name: made[name] for name in terms} == terms and made["goods_in"] is None
    assert made["rule"].startswith(
        "满100元打8折，最多减20元，不含烟草，限周五、周六11:00–14:00、17:00–24:00，"
    )
    path = f"/organizer/v1/batches/{made['batch_id']}"
    refused(here.zhao.door.patch(path, {"areas": []}), 422, "campaign_invalid")
    refused(here.zhao.door.patch(path, {"kind": "cash"}), 422, "campaign_invalid")
    assert here.zhao.get(f"/campaigns/{campaign_id}")["batches"] == [made]
    changes = {"kind": "cash", "off_bp": None, "hours": None, "merchant_ids": [shop.merchant_id]}
    edited = here.zhao.door.patch(path, changes, expect=200).body
    assert {name: edited[name] for name in terms} == {**terms, **changes}
    assert here.zhao.door.patch(path, {"merchant_ids": None}, expect=200).body["merchant_ids"] is None


@pytest.mark.case(9)
def test_case_09_no_term_of_issued_vouchers_changes(here: Staffed):
    """Not even for the better: who holds a voucher has read its rule."""
    batch = here.batch()
    here.citizen().holds(batch.batch_id)
    path = f"/organizer/v1/batches/{batch.batch_id}"
    changes: dict[str, Any] = {
        "kind": "cash",
        "off_bp": 500,
        "goods_out": ["tobacco"],
        "goods_in": ["dining"],
        "weekdays": [1],
        "hours": HOURS,
        "areas": ["菱湖街道"],
        "categories": ["餐饮"],
        "merchant_ids": ["mer_1"],
        "exclusive_group": "迎新",
        "per_order": 1,
    }
    for field, value in changes.items():
        problem = refused(here.zhao.door.patch(path, {field: value, "stock": 200}), 409, "harmful_edit")
        assert problem["fields"] == [field]


def test_a_place_that_is_gone_meanwhile_is_a_fault_at_submission(here: Staffed):
    """The one store there is suspended after the batch was made: `lint` names the batch and the field."""
    shop = here.zhao.shop("江边茶馆", area="江边街道")
    campaign_id = here.zhao.draft()
    body = here.zhao.batch_terms(areas=["江边街道"])
    here.zhao.post(f"/campaigns/{campaign_id}/batches", body, expect=201)
    assert here.zhao.post(f"/campaigns/{campaign_id}/lint", {})["faults"] == []
    here.town.execute("UPDATE merchant SET status = 'suspended' WHERE id = :id", id=shop.merchant_id)
    found = here.zhao.post(f"/campaigns/{campaign_id}/lint", {})["faults"]
    assert [(fault["field"], fault["code"]) for fault in found] == [("batches[0].areas", "no_store_there")]


def test_the_citizen_reads_the_rule_in_one_sentence(here: Staffed):
    """In the campaign before claiming, with the merchants' names, and in the wallet afterwards."""
    shop = here.zhao.shop("德宽路超市")
    batch = here.batch(kind="cash", threshold_fen=0, merchant_ids=[shop.merchant_id])
    citizen = here.citizen()
    (public,) = citizen.door.get(f"/api/v1/campaigns/{batch.campaign_id}", expect=200).body["batches"]
    citizen.holds(batch.batch_id)
    (held,) = citizen.vouchers()
    assert (
        public["rule"]
        == held["rule"]
        == ("抵20元，不找零，限指定1家商户。 Pays up to CNY 20, no change given, at 1 named merchants.")
    )
    assert public["merchants"] == ["德宽路超市"]
