"""The small town: everybody to log in as, two shops, one campaign, a sandbox. Tests and load tests start from it."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit_trail, clock, sql, terminal_keys
from app.cli.demo import people
from app.cli.demo.people import Logins
from app.domain.campaign import Act
from app.domain.instants import DAY_MS
from app.merchants import places
from app.models import Staff
from campaigns import manage
from merchant_api.sandbox import customers

SHOPS = (
    ("大观楼小吃", "餐饮", "菱湖店", "菱湖街道"),
    ("德宽路超市", "零售", "德宽路店", "德宽路街道"),
)
SANDBOX = ("沙盒商户 sandbox", "餐饮", "沙盒门店", "菱湖街道")
SANDBOX_TILLS = 2
SANDBOX_STOCK = 100_000
BATCHES = (("满100减20", 2_000, 10_000), ("满200减50", 5_000, 20_000))


def staff() -> Logins:
    """Somebody for every role."""
    people.staff()
    return people.staff_logins()


def shops() -> Logins:
    """Two, with a till each."""
    return [login for shop in SHOPS for login in tills(shop, "till", 1, is_test=False)]


def tills(shop: tuple[str, str, str, str], role: str, count: int, is_test: bool) -> Logins:
    """The logins of so many terminals in the one store of this merchant."""
    merchant, category, store, area = shop
    key_ids = sql.write(
        partial(
            _shop,
            merchant={"name": merchant, "category": category},
            store={"name": store, "area": area, "address": ""},
            tills=[{"name": f"收银台 {number}", "is_test": is_test} for number in range(1, count + 1)],
        )
    )
    note = f"{merchant} {store}"
    return [
        {"role": role, "login": key_id, "password": terminal_keys.secret_of(key_id), "note": note}
        for key_id in key_ids
    ]


def _shop(
    session: Session, merchant: dict[str, str], store: dict[str, str], tills: list[dict[str, Any]]
) -> list[str]:
    merchant_id = places.register(session, merchant).object_id or ""
    session.flush()
    store_id = places.add_store(session, merchant_id, store).object_id or ""
    session.flush()
    key_ids = []
    for till in tills:
        terminal_id = places.add_terminal(session, store_id, till).object_id or ""
        session.flush()
        key_ids.append(places.hand_out_key(session, terminal_id).object_id or "")
    return key_ids


def campaign() -> Logins:
    """One that opens within seconds."""
    terms = {"name": "大观区消费升级活动（演示）", "budget_fen": 3_000_000, "is_test": False}
    approved(terms, {"stock": 300, "person_limit": 1})
    return []


def sandbox() -> Logins:
    """After the real ones: a test campaign, and tills for who tries their own software out."""
    budget_fen = SANDBOX_STOCK * sum(face_fen for _, face_fen, _ in BATCHES)
    terms = {"name": "沙盒 Sandbox（测试券）", "budget_fen": budget_fen, "is_test": True}
    approved(terms, {"stock": SANDBOX_STOCK, "person_limit": customers.MOST_VOUCHERS})
    return tills(SANDBOX, "sandbox", SANDBOX_TILLS, is_test=True)


def approved(terms: dict[str, Any], limits: dict[str, int]) -> None:
    """A campaign of these terms with the demo's batches, submitted by one person, approved by another."""
    with sql.reading() as session:
        author, approver = session.scalars(
            select(Staff.id).where(Staff.role == "organizer").order_by(Staff.id)
        )
    campaign_id = sql.write(partial(_campaign, author=author, terms=terms, limits=limits))
    sql.write(lambda session: _act(session, campaign_id, Act.SUBMIT, author))
    sql.write(lambda session: _act(session, campaign_id, Act.APPROVE, approver))


def _campaign(session: Session, author: str, terms: dict[str, Any], limits: dict[str, int]) -> str:
    campaign_id = manage.create_campaign(session, terms, author).object_id or ""
    session.flush()
    now = clock.now()
    for name, face_fen, threshold_fen in BATCHES:
        batch = {
            **limits,
            "name": name,
            "kind": "full_reduction",
            "face_fen": face_fen,
            "threshold_fen": threshold_fen,
            "claim_from": now + 5_000,
            "claim_to": now + 7 * DAY_MS,
            "valid_from": None,
            "valid_to": None,
            "valid_days": 7,
        }
        manage.create_batch(session, campaign_id, batch)
    audit_trail.done(session, author, "campaign.create", campaign_id, "demo")
    return campaign_id


def _act(session: Session, campaign_id: str, act: Act, actor: str) -> None:
    manage.change_state(session, campaign_id, act, actor)
    audit_trail.done(session, actor, f"campaign.{act.value}", campaign_id, "demo")


STEPS = (staff, people.named_citizens, shops, campaign, sandbox)
