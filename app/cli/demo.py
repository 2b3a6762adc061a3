"""`flask demo seed`: a small lively town, made through the same use cases as everything else."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import audit_trail, clock, once, sql, terminal_keys
from app.ankang import apply
from app.ankang.identity import normalise_id_number
from app.domain.campaign import Act
from app.extensions import settings
from app.merchants import places
from app.models import Staff
from campaigns import manage, people

group = AppGroup("demo", help="Demo data.")

DAY_MS = 86_400_000
STAFF = (
    ("zhao", "赵组织", "organizer", "demo-organizer-1"),
    ("qian", "钱审核", "organizer", "demo-organizer-2"),
    ("sun", "孙会计", "finance", "demo-finance-1"),
    ("li", "李审计", "auditor", "demo-auditor-1"),
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
    steps = [_seed_staff, _seed_citizens, _seed_shops, _seed_campaign]
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
    logins = []
    for merchant, category, store, area in SHOPS:
        key_id = sql.write(partial(_shop, merchant=merchant, category=category, store=store, area=area))
        secret = terminal_keys.secret_of(key_id)
        logins.append({"role": "till", "login": key_id, "password": secret, "note": f"{merchant} {store}"})
    return logins


def _shop(session: Session, merchant: str, category: str, store: str, area: str) -> str:
    merchant_id = places.register(session, {"name": merchant, "category": category}).object_id or ""
    session.flush()
    terms = {"name": store, "area": area, "address": ""}
    store_id = places.add_store(session, merchant_id, terms).object_id or ""
    session.flush()
    terminal_id = (
        places.add_terminal(session, store_id, {"name": "收银台 1", "is_test": False}).object_id or ""
    )
    session.flush()
    return places.hand_out_key(session, terminal_id).object_id or ""


def _seed_campaign() -> list[dict[str, str]]:
    with sql.reading() as session:
        author, approver = session.scalars(
            select(Staff.id).where(Staff.role == "organizer").order_by(Staff.id)
        )
    campaign_id = sql.write(lambda session: _campaign(session, author))
    sql.write(lambda session: _act(session, campaign_id, Act.SUBMIT, author))
    sql.write(lambda session: _act(session, campaign_id, Act.APPROVE, approver))
    return []


def _campaign(session: Session, author: str) -> str:
    terms = {"name": "大观区消费升级活动（演示）", "budget_fen": 3_000_000, "is_test": False}
    campaign_id = manage.create_campaign(session, terms, author).object_id or ""
    session.flush()
    now = clock.now()
    for name, face_fen, threshold_fen in (("满100减20", 2_000, 10_000), ("满200减50", 5_000, 20_000)):
        batch = {
            "name": name,
            "kind": "full_reduction",
            "face_fen": face_fen,
            "threshold_fen": threshold_fen,
            "stock": 300,
            "person_limit": 1,
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
