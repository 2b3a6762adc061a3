"""`flask demo seed`: eight days of a town, once on each database; on one of them just after midnight."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import BigInteger, func, select, text

from app import clock, sql
from app.ankang import apply
from app.citizen import reads
from app.cli.audit import findings
from app.cli.demo import cast
from app.domain.instants import DAY_MS, MINUTE_MS
from app.extensions import db
from app.vouchers import wallet
from campaigns import books, settlement
from campaigns.rollups import recount
from tests.conftest import DATABASES
from tests.kit import inside
from tests.kit.servers import RedisServer
from tests.platform import demo_lists

AHEAD = (
    "金秋惠民消费券（第一期）",
    "菱湖之夜消费券（第二期）",
    "安庆嗨购节消费券（第三期）",
    "双十二家电焕新券（第四期）",
)
SETTLED, SOLD_OUT, OPEN, COMING = AHEAD
# What is due in the future, or was agreed upon.
OF_THE_FUTURE = ("next_at", "expires_at")


@dataclass(frozen=True)
class Seeded:
    """The town as it stands."""

    app: Flask
    home: Path

    def seed(self, *flags: str) -> Result:
        """The command."""
        return self.app.test_cli_runner().invoke(args=["demo", "seed", *flags])

    def rows(self, query: str) -> list[Any]:
        """What a query finds."""
        with sql.reading() as session:
            return list(session.execute(text(query)).all())

    def one(self, query: str) -> Any:
        """The first value."""
        return self.rows(query)[0][0]


@pytest.fixture(scope="module", params=DATABASES)
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    """Made once; PostgreSQL's five minutes after a midnight, when today has hardly begun."""
    home, redis = tmp_path_factory.mktemp("demo-town"), RedisServer().start()
    address, settings = f"sqlite:///{home}/town.db", {"PROFILE": "demo"}
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").database("demo_town")
        (home / "offset").write_text(str(_to_midnight_ms() + 5 * MINUTE_MS))
        settings = {"CLOCK_OFFSET_FILE": str(home / "offset")}
    app = inside.migrated(inside.environment(address, redis.url, **settings))
    try:
        with app.app_context():
            made = Seeded(app, home)
            seeded = made.seed()
            assert seeded.exit_code == 0, seeded.output
            yield made
    finally:
        inside.close(app)
        redis.remove()


def _to_midnight_ms() -> int:
    now_ms = time.time_ns() // 1_000_000
    return DAY_MS - (now_ms + 8 * 60 * MINUTE_MS) % DAY_MS


def test_one_campaign_is_coming_one_open_one_sold_out_one_settled(town: Seeded):
    """As a citizen sees them; settled means closed and every merchant paid, one of them at the second attempt."""
    shown = {campaign["name"]: campaign for campaign in reads.public_campaigns()}
    assert [shown[name]["state"] for name in AHEAD] == ["closed", "open", "open", "approved"]
    assert all(batch["remaining"] == 0 for batch in shown[SOLD_OUT]["batches"])
    assert all(0 < batch["remaining"] < batch["stock"] for batch in shown[OPEN]["batches"])
    assert all(clock.iso(batch["claim_from"])[11:16] == "10:00" for batch in shown[COMING]["batches"])
    with sql.reading() as session:
        settled = town.one(f"SELECT id FROM campaign WHERE name = '{SETTLED}'")
        assert [batch["state"] for batch in settlement.of_campaign(session, settled)] == ["paid", "paid"]
    attempts = town.rows("SELECT number, state FROM payout_attempt WHERE state IN ('paid', 'refused')")
    assert (1, "refused") in attempts and (2, "paid") in attempts


def test_the_other_states_of_a_campaign_are_there(town: Seeded):
    """A draft with faults, one in review, a lottery that was drawn and one that takes registrations, a list issued."""
    states = {row.state for row in town.rows("SELECT state FROM campaign")}
    assert states == {"draft", "in_review", "approved", "closed"}
    assert {row.state for row in town.rows("SELECT state FROM lottery")} == {"open", "issued"}
    assert {row.state for row in town.rows("SELECT state FROM target_list")} == {"checked", "issued"}
    assert {row.state for row in town.rows("SELECT state FROM hold_case")} == {"open", "released", "upheld"}
    assert {row.status for row in town.rows("SELECT status FROM voucher")} == {
        "issued",
        "redeemed",
        "expired",
    }
    applications = town.rows("SELECT state FROM merchant_application")
    assert {row.state for row in applications} == {"submitted", "returned", "rejected", "approved"}


def test_five_hundred_redemptions_over_seven_days_with_noon_and_evening(town: Seeded):
    """No day without, no area, no category; the shape of each day is that of shops."""
    at = [row.redeemed_at for row in town.rows("SELECT redeemed_at FROM redemption")]
    days = {clock.day(each) for each in at}
    assert len(at) >= 500 and len(days) >= 7
    hours = [int(clock.iso(each)[11:13]) for each in at]
    assert min(hours.count(hour) for hour in (12, 18, 19)) > 2 * max(hours.count(hour) for hour in (9, 15))
    places = (
        "SELECT DISTINCT {} FROM redemption r JOIN store s ON s.id = r.store_id"
        " JOIN merchant m ON m.id = s.merchant_id"
    )
    assert len(town.rows(places.format("s.area"))) == 9
    assert {row.category for row in town.rows(places.format("m.category"))} == {
        "餐饮",
        "零售",
        "家电",
        "文旅",
    }
    refused = {row.result for row in town.rows("SELECT result FROM scan")}
    assert refused >= {"code_consumed", "code_expired", "code_invalid", "citizen_suspended"}


def test_an_opening_can_be_seen_second_by_second(town: Seeded):
    """Most of the open campaign's claims came in its first ten seconds, and not all of them at once."""
    seconds = [
        row.ms // 1000
        for row in town.rows(
            "SELECT v.claimed_at - b.claim_from AS ms FROM voucher v JOIN batch b ON b.id = v.batch_id"
            f" JOIN campaign c ON c.id = b.campaign_id WHERE c.name = '{OPEN}'"
        )
    ]
    assert len(set(seconds)) > 12
    assert len(seconds) / 2 < sum(second < 10 for second in seconds) < len(seconds)
    assert max(map(seconds.count, seconds)) < len(seconds) / 3


def test_every_promise_is_kept(town: Seeded):
    """The audit is clean, statistics equal a recount, the books' identity is zero."""
    assert [finding for finding in findings() if finding[2]] == []
    with sql.snapshot() as session:
        assert recount.differences(session) == []
        for campaign_id in session.scalars(text("SELECT id FROM campaign WHERE approver_id IS NOT NULL")):
            assert set(books.left_over(session, campaign_id)["differences"].values()) == {0}


def test_no_list_of_a_page_is_empty(town: Seeded):
    """Asked for at the doors; made-up customers are made by who tries the sandbox."""
    lists = demo_lists.longest(town.app)
    assert len(lists) >= 25
    assert {address for address, size in lists.items() if size == 0} == set()
    for one in cast.named():
        citizen = apply.find_by_phone(one.phone)
        assert citizen is not None and len(wallet.list_vouchers(citizen.id)) >= 4, one.name


def test_nothing_happened_in_the_future_and_the_clock_is_the_present_one(town: Seeded):
    """The seed's clock ends where everybody's is, and nothing is stamped later."""
    moved = town.home / "offset"
    assert clock.offset() == (int(moved.read_text()) if moved.exists() else 0)
    stamps = [
        column
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, BigInteger)
        and column.name.endswith("at")
        and column.name not in OF_THE_FUTURE
    ]
    with sql.reading() as session:
        now = clock.database_now(session)
        late = [str(column) for column in stamps if (session.scalar(select(func.max(column))) or 0) > now]
    assert len(stamps) > 40
    assert late == []


def test_a_second_call_changes_nothing(town: Seeded):
    """Neither does one for the small town."""
    before = _counts()
    for flags in ((), ("--small",)):
        again = town.seed(*flags)
        assert again.exit_code == 0 and "already there" in again.output
    assert _counts() == before


def _counts() -> dict[str, int]:
    with sql.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }


def test_no_phone_and_no_id_number_is_left_in_the_clear(town: Seeded):
    """Of those whose data is printed in the demo's own code."""
    if town.app.extensions["settings"].is_sqlite:
        stored = b"".join(path.read_bytes() for path in town.home.glob("town.db*"))
        assert not [secret for secret in ("139556", "138000000", "34080319") if secret.encode() in stored]


def test_a_half_made_town_is_never_taken_for_a_whole_one(tmp_path: Path):
    """A seed that was killed says so at the next start, instead of passing its remains off as the town."""
    app = inside.migrated(inside.environment(f"sqlite:///{tmp_path}/half.db", PROFILE="demo"))
    with app.app_context():
        half = Seeded(app, tmp_path)
        assert half.seed().exit_code != 0, "no gate: the first opening fails"
        again = half.seed()
        assert again.exit_code == 1 and "never finished" in again.output
        assert clock.offset() == 0
    inside.close(app)
