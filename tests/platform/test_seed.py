"""`flask seed citizens`: great numbers of made-up people who are like everybody else."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, text

from app import sql
from app.ankang import apply
from app.ankang.identity import normalise_id_number, normalise_name, normalise_phone
from app.cli import seed
from app.models import Citizen
from tests.kit import inside


def test_everybody_made_can_sign_in_and_is_counted(scratch: Flask, tmp_path: Path):
    """Each token opens the door of one citizen; the counter of applications agrees; a second call makes more people."""
    tokens = tmp_path / "tokens"
    before = _count(scratch)
    for _ in range(2):
        made = scratch.test_cli_runner().invoke(args=["seed", "citizens", "30", "--tokens", str(tokens)])
        assert made.exit_code == 0, made.output
    assert _count(scratch) == before + 60
    door, people = scratch.test_client(), set()
    for token in tokens.read_text().split():
        shown = door.get("/api/v1/ankang-code", headers={"Authorization": f"Bearer {token}"})
        assert shown.status_code == 200
        people.add(shown.get_json()["citizen_id"])
    assert len(people) == 30
    with scratch.app_context(), sql.reading() as session:
        applied = session.scalar(text("SELECT SUM(count) FROM code_count WHERE event = 'applied'"))
        assert applied == session.scalar(select(func.count()).select_from(Citizen))
        newest = session.scalars(select(Citizen).order_by(Citizen.id.desc()).limit(1)).one()
        assert apply.holder(newest).endswith("*")


def test_made_up_people_are_real_enough():
    """Names, ID numbers and phones that the door would take, and each number somebody else."""
    numbers = [0, 1, 998, 999, 10_000_000, seed.MOST - 1]
    people = [seed.person(number) for number in numbers]
    for one in people:
        assert normalise_id_number(one.id_number) == one.id_number
        assert normalise_phone(one.phone) == one.phone
        assert normalise_name(one.name) == one.name
    assert len({one.id_number for one in people}) == len({one.phone for one in people}) == len(numbers)


def test_production_makes_nobody_up(tmp_path: Path):
    """The command refuses, and nobody was made."""
    env = inside.environment(
        f"sqlite:///{tmp_path}/p.db",
        "redis://127.0.0.1:1/0",
        PROFILE="production",
        SMS_SINK="file:/srv/sms.jsonl",
    )
    app = inside.migrated(env)
    refused = app.test_cli_runner().invoke(args=["seed", "citizens", "3"])
    assert refused.exit_code == 1 and "production" in refused.output
    assert _count(app) == 0
    inside.close(app)


def _count(app: Flask) -> int:
    with app.app_context(), sql.reading() as session:
        return session.scalar(select(func.count()).select_from(Citizen)) or 0
