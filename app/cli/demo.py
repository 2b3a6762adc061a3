"""`flask demo seed`: a small lively town, made through the same use cases as everything else."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit_trail, clock, once, sql, terminal_keys
from app.ankang import apply
from app.ankang.identity import normalise_id_number
from app.domain.campaign import Act
from app.domain.instants import DAY_MS
from app.extensions import settings
from app.merchants import places
from app.models import Staff
from campaigns import manage, people
from merchant_api.sandbox import customers

group = AppGroup("demo", help="Demo data.")

STAFF = (
    ("zhao", "赵组织", "organizer", "demo-organizer-1"),
    ("qian", "钱审核", "organizer", "demo-organizer-2"),
    ("zhou", "周经办", "author", "demo-author-1"),
    ("wu", "吴审批", "approver", "demo-approver-1"),
    ("sun", "孙会计", "finance", "demo-finance-1"),
    ("li", "李审计", "auditor", "demo-auditor-1"),
    ("zheng", "郑客服", "support", "demo-support-1"),
)
CITIZENS = (
    ("张三丰", "34080319900307123", "13800000001"),
    ("欧阳明", "34080319851112456", "13800000002"),
    ("王小红", "34080319720615728", "13800000003"),
)
SHOPS = (
    ("大观楼小吃", "餐饮", "菱湖店", "菱湖街道"),
    ("德宽路超市", "零售", "德宽路店", "德宽路街道"),
)
SANDBOX = ("沙盒商户 sandbox", "餐饮", "沙盒门店", "菱湖街道")
SANDBOX_TILLS = 2
SANDBOX_STOCK = 100_000
BATCHES = (("满100减20", 2_000, 10_000), ("满200减50", 5_000, 20_000))


@group.command("seed")
@click.option(
    "--logins", type=click.Path(path_type=Path), help="Write the demo's logins into this file (JSON)."
)
def seed(logins: Path | None) -> None:
    """Make the demo town once; a second call changes nothing."""
    with sql.reading() as session:
        if session.scalar(select(func.count()).select_from(Staff)):
            click.echo("演示数据已存在 demo data is already there")
            return
    steps = [_seed_staff, _seed_citizens, _seed_shops, _seed_campaign, _seed_sandbox]
    made: list[dict[str, str]] = []
    with click.progressbar(steps, label="演示数据 demo data") as bar:
        for step in bar:
            made += step()
    if logins is not None:
        _write_logins(logins, made)


def _seed_staff() -> list[dict[str, str]]:
    for login, name, role, password in STAFF:
        people.create(login, name, role, password)
    return [
        {"role": role, "login": login, "password": password, "note": name}
        for login, name, role, password in STAFF
    ]


def _seed_citizens() -> list[dict[str, str]]:
    for name, seventeen, phone in CITIZENS:
        applicant = apply.Applicant(name, _with_check(seventeen), phone)
        apply.apply(applicant, _named(f"seed-{phone}"))
    return [
        {"role": "citizen", "phone": phone, "note": f"{name}，短信验证码见短信文件"}
        for name, _, phone in CITIZENS
    ]


def _seed_shops() -> list[dict[str, str]]:
    return [login for shop in SHOPS for login in _tills(shop, "till", 1, is_test=False)]


def _tills(shop: tuple[str, str, str, str], role: str, count: int, is_test: bool) -> list[dict[str, str]]:
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


def _seed_campaign() -> list[dict[str, str]]:
    terms = {"name": "大观区消费升级活动（演示）", "budget_fen": 3_000_000, "is_test": False}
    _approved(terms, {"stock": 300, "person_limit": 1})
    return []


def _seed_sandbox() -> list[dict[str, str]]:
    """After the real ones: a test campaign, and tills for who tries their own software out."""
    budget_fen = SANDBOX_STOCK * sum(face_fen for _, face_fen, _ in BATCHES)
    terms = {"name": "沙盒 Sandbox（测试券）", "budget_fen": budget_fen, "is_test": True}
    _approved(terms, {"stock": SANDBOX_STOCK, "person_limit": customers.MOST_VOUCHERS})
    return _tills(SANDBOX, "sandbox", SANDBOX_TILLS, is_test=True)


def _approved(terms: dict[str, Any], limits: dict[str, int]) -> None:
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


def _with_check(seventeen: str) -> str:
    """The ID number with its check character (GB 11643): found by trying, the rule lives in one place."""
    for character in "0123456789X":
        try:
            return normalise_id_number(seventeen + character)
        except ValueError:
            continue
    raise ValueError("no check character fits")


def _named(key: str) -> once.Write:
    return once.Write("demo", "apply", key, "demo")


def _write_logins(target: Path, logins: list[dict[str, str]]) -> None:
    """For the banner of `make run`. Demo only: these are secrets in the clear."""
    if settings().profile == "demo":
        target.write_text(json.dumps(logins, ensure_ascii=False, indent=1))
