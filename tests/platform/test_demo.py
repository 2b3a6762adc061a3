"""`flask demo seed --small`: a small town with somebody to log in as for every role, and a sandbox beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app import sql
from loadtest.scene import from_file
from tests.kit import inside


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Path]]:
    """The seeded platform of the demo profile, and its logins file."""
    home = tmp_path_factory.mktemp("demo")
    app = inside.migrated(inside.environment(f"sqlite:///{home}/demo.db", PROFILE="demo"))
    for _ in range(2):
        seeded = app.test_cli_runner().invoke(
            args=["demo", "seed", "--small", "--logins", str(home / "demo.json")]
        )
        assert seeded.exit_code == 0, seeded.output
    yield app, home / "demo.json"
    inside.close(app)


def test_every_role_has_its_logins_once(demo: tuple[Flask, Path]):
    """Tills sign with live keys, the sandbox's with test ones; a storm still finds its two organizers."""
    logins: list[dict[str, Any]] = json.loads(demo[1].read_text(encoding="utf-8"))
    roles = Counter(login["role"] for login in logins)
    staff = {"organizer": 2, "author": 1, "approver": 1, "finance": 1, "auditor": 1, "support": 1, "agent": 1}
    assert roles == {**staff, "citizen": 3, "till": 2, "sandbox": 2}
    kinds = {
        (login["role"], login["login"].split("_")[0]) for login in logins if "_" in login.get("login", "")
    }
    assert kinds == {("till", "live"), ("sandbox", "test")}
    assert all(login["password"] for login in logins if login["role"] == "sandbox")
    assert [login for login, _ in from_file(demo[1])] == ["zhao", "qian"]


def test_the_sandbox_is_a_test_campaign_that_two_persons_let_go(demo: tuple[Flask, Path]):
    """Two batches with room for everybody; its terminals are one merchant's, and of no other kind."""
    with demo[0].app_context(), sql.reading() as session:
        batches = session.execute(
            text(
                "SELECT b.name, b.stock, b.mode, b.person_limit FROM batch b JOIN campaign c ON c.id = b.campaign_id"
                " WHERE c.is_test AND c.state = 'approved' AND c.approver_id <> c.author_id ORDER BY b.id"
            )
        ).all()
        terminals = session.execute(
            text(
                "SELECT m.name, COUNT(*) FROM terminal t JOIN merchant m ON m.id = t.merchant_id WHERE t.is_test"
                " GROUP BY m.name"
            )
        ).all()
    assert [tuple(row) for row in batches] == [
        ("满100减20", 100_000, "first_come", 10),
        ("满200减50", 100_000, "first_come", 10),
    ]
    assert [tuple(row) for row in terminals] == [("沙盒商户 sandbox", 2)]
