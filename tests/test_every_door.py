"""Every door asks who is there, and every write from outside has a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g
from werkzeug.routing import Rule

from app.ankang.scan import Till
from app.auth import PUBLIC, policy_of
from app.models import Citizen, MerchantStaff, Staff
from app.overload import Kind, kind_of
from app.pages import face
from tests.kit import inside
from tests.kit.merchants import papers
from tests.kit.people import id_number

DOORS = ("/api/v1", "/merchant/v1", "/organizer/v1")
OPEN_TO_ALL = {
    "/",
    "/static/<version>/<path:name>",
    *(f"{prefix}/{page}" for prefix in ("/c", "/till", "/console") for page in ("login", "logout")),
    "/till/apply",
    "/till/offline",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/docs",
    "/docs/errors",
    "/docs/pos",
    "/docs/signature-vectors.json",
    "/docs/style.css",
    "/api/v1/otp",
    "/api/v1/sessions",
    "/api/v1/campaigns",
    "/api/v1/campaigns/<campaign_id>",
    "/api/v1/stores",
    "/api/v1/batches/<batch_id>/lottery/results",
    "/organizer/v1/sessions",
    "/merchant/v1/sessions",
    "/merchant/v1/issuer-keys",
}
# They make something fresh at every call, or change nothing.
TAKE_NO_KEY = {
    "/api/v1/otp",
    "/api/v1/sessions",
    "/api/v1/ankang-code/displays",
    "/api/v1/ankang-code/reserves",
    "/merchant/v1/quotes",
    "/merchant/v1/sessions",
    "/organizer/v1/sessions",
    "/organizer/v1/totp",
    "/organizer/v1/totp/confirmations",
    "/organizer/v1/totp/proofs",
    "/organizer/v1/campaigns/<campaign_id>/lint",
    "/organizer/v1/batch-previews",
    "/organizer/v1/citizens/look-ups",
}
ORDER = {"gross_fen": 12_000}
BATCH = {
    "name": "满100减20",
    "kind": "full_reduction",
    "face_fen": 2_000,
    "threshold_fen": 10_000,
    "stock": 100,
    "claim_from": "2026-11-23T10:00:00+08:00",
    "claim_to": "2026-11-24T10:00:00+08:00",
    "valid_days": 7,
}
LOGIN = {"login": "yanwo", "name": "上官燕窝", "password": "a-long-password"}
ACCOUNT = {"bank_name": "徽商银行", "account_name": "慕容家小吃店", "account_number": "340500001111"}
STORE = {"name": "菱湖店", "area": "菱湖街道"}
INTENT = {
    **ORDER,
    "key": "offline-0001",
    "allowance_id": "ofa_1",
    "code": "AK1:",
    "voucher_id": "vch_1",
    "order_no": "O-1",
    "taken_at": "2026-11-23T10:00:00+08:00",
}
RESULT = {"bank_key": "01K", "outcome": "paid", "amount_fen": 2_000, "reference": "ICBC-1"}
REVIEW = {"submission": 1, "reason": "资料核对"}
# The least that each write accepts, a text being CSV; what is not named here accepts {}. A new door may need a row.
BODIES: dict[str, dict[str, Any] | str] = {
    "/api/v1/ankang-code": {"name": "张三丰", "id_number": id_number(1)},
    "/api/v1/language": {"language": "en"},
    "/api/v1/notices/read": {"upto": "ntc_0000000000000001_0"},
    "/merchant/v1/scans": {"code": "88112345678912345670", "purpose": "voucher"},
    "/merchant/v1/redemptions": {**ORDER, "code": "88", "voucher_ids": ["vch_1"], "order_no": "O-1"},
    "/merchant/v1/redemptions/<order_no>/reversals": {"reason": "退货"},
    "/merchant/v1/reservations": {**ORDER, "code": "88", "voucher_ids": ["vch_1"], "order_no": "O-1"},
    "/merchant/v1/reservations/<order_no>/captures": ORDER,
    "/merchant/v1/offline-batches": {"intents": [INTENT]},
    "/api/v1/ankang-code/credentials": {"voucher_id": "vch_1", "public_key": "ab" * 32},
    "/merchant/v1/sandbox/codes": {"customer_id": "ctz_1"},
    "/merchant/v1/sandbox/faults": {"operation": "scan", "code": "overloaded"},
    "/organizer/v1/campaigns": {"name": "大观区消费活动", "budget_fen": 100_000},
    "/organizer/v1/campaigns/<campaign_id>/batches": BATCH,
    "/organizer/v1/batches/<batch_id>": {"stock": 5},
    "/organizer/v1/batches/<batch_id>/public-values": {"value": "3025.10"},
    "/merchant/v1/applications": papers(),
    "/merchant/v1/applications/<application_id>/submissions": papers(),
    "/merchant/v1/applications/<application_id>/owner": LOGIN,
    "/merchant/v1/stores": STORE,
    "/merchant/v1/terminals": {"name": "收银台", "store_id": "sto_1"},
    "/merchant/v1/staff": {**LOGIN, "role": "cashier"},
    **{
        f"/merchant/v1/{parts}/<part_id>/{word}": {"reason": "盘点"}
        for parts in ("stores", "terminals", "staff")
        for word in ("suspensions", "resumptions")
    },
    "/merchant/v1/bank-accounts": ACCOUNT,
    "/merchant/v1/refund-approvals": {"order_no": "O-1", "refund_fen": 6_000, "reason": "退货"},
    "/merchant/v1/settings": {"refund_limit_fen": 50_000},
    **{
        f"/{actor}/v1/webhooks{one}": {"url": "https://events.example/in"}
        for actor in ("merchant", "organizer")
        for one in ("", "/<webhook_id>")
    },
    "/organizer/v1/citizens/look-ups": {"code": "88112345678912345670"},
    "/organizer/v1/desk/applications": {"name": "刘奶奶", "id_number": id_number(1), "consent": "signed"},
    "/organizer/v1/desk/visits": {"id_number": id_number(1), "consent": "spoken"},
    "/organizer/v1/desk/residents/<citizen_id>/claims": {"batch_id": "bat_1"},
    "/organizer/v1/desk/sheets": {"voucher_id": "vch_1"},
    **{
        f"/organizer/v1/desk/sheets/<sheet_id>/{word}": {"reason": "居民遗失"}
        for word in ("revocations", "reprints")
    },
    **{
        f"/organizer/v1/{subjects}/<subject_id>/{word}": {"reason": "举报核查"}
        for subjects in ("citizens", "merchants", "stores", "terminals")
        for word in ("suspensions", "readmissions")
    },
    "/organizer/v1/bank-accounts/<account_id>/verifications": {"reason": "与开户证明一致"},
    "/organizer/v1/bank-accounts/<account_id>/refusals": {"reason": "与开户证明不一致"},
    "/organizer/v1/merchant-applications/<application_id>/returns": REVIEW,
    "/organizer/v1/merchant-applications/<application_id>/rejections": REVIEW,
    "/organizer/v1/merchant-applications/<application_id>/approvals": REVIEW,
    "/organizer/v1/merchants": {"name": "大观楼小吃"},
    "/organizer/v1/merchants/<merchant_id>/stores": STORE,
    "/organizer/v1/stores/<store_id>/terminals": {"name": "收银台"},
    "/organizer/v1/batches/<batch_id>/target-lists": "身份证号\n340803195001010019\n",
    "/organizer/v1/holds": {"redemption_id": "rdm_1", "reason": "举报核查"},
    "/organizer/v1/hold-cases/<case_id>/decisions": {"to": "released", "reason": "核查无误"},
    "/organizer/v1/campaigns/<campaign_id>/adjustments": {
        "merchant_id": "mer_1",
        "kind": "gesture",
        "amount_fen": 100,
        "reason": "系统故障补偿",
    },
    "/organizer/v1/adjustments/<adjustment_id>/decisions": {"to": "approved", "reason": "同意"},
    "/organizer/v1/settlements/<settlement_id>/reviews": {
        "line_id": "rdl_1",
        "verdict": "good",
        "reason": "票据齐全",
    },
    "/merchant/v1/hold-cases/<case_id>/appeals": {"appeal": "套餐定价"},
    "/organizer/v1/totp/confirmations": {"code": "123456"},
    "/organizer/v1/totp/proofs": {"code": "123456"},
    "/organizer/v1/staff": {
        "login": "liuwu",
        "name": "刘五",
        "role": "support",
        "password": "a-long-password",
    },
    "/organizer/v1/staff/<staff_id>": {"role": "auditor", "reason": "调岗"},
    "/organizer/v1/totp-resets": {"login": "yanwo", "reason": "手机遗失"},
    "/organizer/v1/payout-results": {"results": [RESULT]},
    "/organizer/v1/campaigns/<campaign_id>/indirect-estimates": {"factor_bp": 35_000, "source": "区商务局"},
    "/organizer/v1/exports": {"campaign_id": "cmp_1"},
    "/organizer/v1/campaigns/<campaign_id>/settlements": {"cutoff": "2026-11-23T10:00:00+08:00"},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application as it is served."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path_factory.mktemp('doors')}/doors.db"))
    yield app
    inside.close(app)


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with somebody let in at every door, so that the next check shows."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path_factory.mktemp('in')}/in.db"))
    guards = app.before_request_funcs[None]
    (enforce,) = [guard for guard in guards if guard.__name__ == "_enforce"]
    guards[guards.index(enforce)] = _let_in
    yield app
    inside.close(app)


def _let_in() -> None:
    g.citizen, g.staff = Citizen(id="ctz_1", status="active"), Staff(id="stf_1", role="organizer")
    g.merchant_staff = MerchantStaff(id="mst_1", merchant_id="mer_1", role="owner")
    g.phone, g.caller = "13800000001", "somebody"
    g.till = Till("trm_1", "sto_1", "mer_1", is_test=False, store="菱湖店", merchant="大观楼小吃")


def writes(app: Flask) -> list[tuple[str, Rule]]:
    """Every writing method of every door."""
    return [
        (method, rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(DOORS)
        for method in sorted({"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()))
    ]


def call(app: Flask, method: str, rule: Rule) -> tuple[int, str]:
    """Status and code of a faultless request without a key."""
    values = dict.fromkeys(rule.arguments, "x_1")
    with app.test_request_context():
        _, path = rule.build(values) or ("", "")
    body = BODIES.get(rule.rule, {})
    sent: dict[str, Any] = (
        {"data": body, "content_type": "text/csv"} if isinstance(body, str) else {"json": body}
    )
    reply = app.test_client().open(path, method=method, **sent)
    return reply.status_code, (reply.get_json(silent=True) or {}).get("code", "")


def test_every_route_names_its_policy(house: Flask):
    """Deny by default: a route without a policy answers nobody, and is a mistake."""
    with house.app_context():
        nameless = [rule.rule for rule in house.url_map.iter_rules() if policy_of(rule.endpoint) is None]
    assert nameless == []


def test_nothing_is_public_by_accident(house: Flask):
    """The doors that are open to all are these and no others."""
    with house.app_context():
        public = {rule.rule for rule in house.url_map.iter_rules() if policy_of(rule.endpoint) is PUBLIC}
    assert public == OPEN_TO_ALL


def test_a_stranger_is_turned_away_at_every_other_door(house: Flask):
    """401, before anything is parsed or looked up."""
    client = house.test_client()
    for rule in house.url_map.iter_rules():
        if rule.rule in OPEN_TO_ALL:
            continue
        with house.test_request_context():
            _, path = rule.build(dict.fromkeys(rule.arguments, "pause")) or ("", "")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status = client.open(path, method=method, data=b"{").status_code
            # a page shows the way to sign in
            assert status == (303 if face.of(path) else 401), f"{method} {rule.rule}"


def test_only_tills_have_the_last_places(house: Flask):
    """A merchant's office stops earlier when the house is full; a new door of either kind shows here."""
    with house.app_context():
        merchants = [rule for rule in house.url_map.iter_rules() if rule.rule.startswith("/merchant/")]
        names = {rule.rule: getattr(policy_of(rule.endpoint), "name", "") for rule in merchants}
    assert {rule for rule, name in names.items() if name == "terminal"} == {
        rule for rule in names if kind_of(rule) is Kind.TILL
    }


def test_every_write_takes_an_idempotency_key(unguarded: Flask):
    """A faultless write without a key is refused for the key's sake; the exceptions are named."""
    answers = {
        f"{method} {rule.rule}": call(unguarded, method, rule)
        for method, rule in writes(unguarded)
        if rule.rule not in TAKE_NO_KEY
    }
    assert len(answers) >= 15
    assert {
        door: answer for door, answer in answers.items() if answer != (400, "idempotency_key_missing")
    } == {}


def test_the_named_exceptions_are_doors(unguarded: Flask):
    """The list does not outlive what it lists."""
    assert {rule.rule for _, rule in writes(unguarded)} >= TAKE_NO_KEY
