"""The platform under the bench: started by its own command, peopled, given batches over HTTP, counted by SQL."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from secrets import token_hex
from typing import Any

import sqlalchemy
from sqlalchemy import text

from loadtest.bench import rest
from loadtest.bench.fire import HOST, NoNumber, Shots
from loadtest.bench.servers import Postgres
from loadtest.replay.house import House
from loadtest.replay.people import Log, Organizer
from loadtest.replay.wire import Wire

SHANGHAI = timezone(timedelta(hours=8))
FACE_FEN = 500  # ten million of them are within the largest budget
OPENS_IN_S = 2.0
FAR_S = 86_400
# Wins by every count there is: they must all be the same number.
COUNTS = text(
    "SELECT b.claimed, b.stock, (SELECT COUNT(*) FROM voucher v WHERE v.batch_id = b.id),"
    " (SELECT COUNT(DISTINCT v.citizen_id) FROM voucher v WHERE v.batch_id = b.id),"
    " (SELECT COUNT(*) FROM transfer t JOIN voucher v ON v.id = t.ref WHERE v.batch_id = b.id AND t.kind = 'claim'),"
    " (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfer t JOIN voucher v ON v.id = t.ref"
    "  WHERE v.batch_id = b.id AND t.kind = 'claim')"
    " FROM batch b WHERE b.id = :batch_id"
)
# Redemptions by every count there is.
REDEEMED = text(
    "SELECT (SELECT COUNT(*) FROM voucher v WHERE v.batch_id = b.id AND v.status = 'redeemed'),"
    " (SELECT COUNT(*) FROM redemption_line l WHERE l.batch_id = b.id AND l.effective),"
    " (SELECT COUNT(DISTINCT r.order_no) FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id"
    "  WHERE l.batch_id = b.id AND r.state = 'effective'),"
    " (SELECT COUNT(DISTINCT s.id) FROM redemption_line l JOIN redemption r ON r.id = l.redemption_id"
    "  JOIN scan s ON s.id = r.scan_id AND s.order_no = r.order_no WHERE l.batch_id = b.id),"
    " (SELECT COALESCE(SUM(t.amount_fen), 0) FROM transfer t WHERE t.campaign_id = b.campaign_id"
    "  AND t.credit = 'payable') FROM batch b WHERE b.id = :batch_id"
)
# A benchmark's few tills send more a minute than a shop's; the limit itself is asked for every request.
TILL_REQUESTS_A_MINUTE = "999999"


@dataclass
class Release:
    """A batch, how many 201 the bench has been given for its claims, and for redemptions of its vouchers."""

    batch_id: str
    campaign_id: str
    opens_at: float
    stock: int
    granted: int = 0
    sent: int = 0
    redeemed: int = 0

    @property
    def path(self) -> str:
        """Where it is claimed."""
        return f"/api/v1/batches/{self.batch_id}/claims"

    def shots(self, tokens: Path, first: int, count: int) -> Shots:
        """Claims of so many citizens, each under a key of its own."""
        return Shots("POST", self.path, count, tokens, first, f"{self.batch_id[-12:]}-{token_hex(2)}-")


@dataclass
class Platform(House):
    """One platform on one database. `database` is "sqlite" or "postgresql"."""

    database: str = "sqlite"
    postgres: Postgres | None = None
    releases: list[Release] = field(default_factory=list)
    _organizers: list[Organizer] = field(default_factory=list)
    _sessions: list[str] = field(default_factory=list)

    @property
    def state_file(self) -> Path:
        """What marks the directory as a bench's."""
        return self.data_dir / "bench.json"

    @property
    def tokens(self) -> Path:
        """A citizen's session a line."""
        return self.data_dir / "tokens"

    def sessions(self) -> list[str]:
        """The same, read."""
        if not self._sessions:
            self._sessions = self.tokens.read_text().split()
        return self._sessions

    @property
    def organizer(self) -> Organizer:
        """One of the two."""
        return self._organizers[0]

    @contextmanager
    def serving(self, citizens: int) -> Iterator[Platform]:
        """Up on fresh data, with citizens and two organizers."""
        self.clear()
        with self.running():
            made = self.flask("seed", "citizens", str(citizens), "--tokens", str(self.tokens))
            if made.returncode != 0:
                raise NoNumber(f"flask seed citizens: {made.stdout}{made.stderr}")
            for _ in range(2):
                organizer = Organizer(Wire(self.port, HOST), Log())
                organizer.sign_in(*self.new_organizer())
                self._organizers.append(organizer)
            yield self

    @property
    def roots(self) -> dict[str, int]:
        """The processes that serve: web, the tills' own, Redis, and the database where it is a process."""
        children = self._children()
        serving = {name: children[name] for name in ("web", "till", "redis")}
        return serving | ({"database": self.postgres.pid} if self.postgres else {})

    def web_command(self) -> list[str]:
        """How the start command started the web server."""
        raw = Path(f"/proc/{self._children()['web']}/cmdline").read_bytes()
        return raw.decode().split("\0")[:-1]

    def release(self, stock: int, opens_in_s: float = OPENS_IN_S) -> Release:
        """A campaign with one batch, approved by the second organizer."""
        author, approver = self._organizers
        opens = round(time.time() + opens_in_s, 3)  # the platform keeps whole milliseconds
        campaign = {"name": "压测活动", "budget_fen": stock * FACE_FEN}
        campaign_id = author.post("campaigns", campaign).body["campaign_id"]
        terms: dict[str, Any] = {
            "name": "满100减20",
            "kind": "full_reduction",
            "face_fen": FACE_FEN,
            "stock": stock,
        }
        terms |= {"threshold_fen": 10_000, "person_limit": 1, "valid_days": 7}
        window = {"claim_from": _iso(opens), "claim_to": _iso(opens + FAR_S)}
        made = author.post(f"campaigns/{campaign_id}/batches", {**terms, **window})
        author.post(f"campaigns/{campaign_id}/submissions")
        approver.post(f"campaigns/{campaign_id}/approvals")
        release = Release(made.body["batch_id"], campaign_id, opens, stock)
        self.releases.append(release)
        return release

    def close(self, release: Release) -> None:
        """End its campaign."""
        self.organizer.post(f"campaigns/{release.campaign_id}/close")

    def audit(self) -> None:
        """`flask audit` and the oracle over every batch since the last audit. Raises NoNumber on any breach."""
        done = self.flask("audit")
        if done.returncode != 0:
            raise NoNumber(f"{self.database}: flask audit\n{done.stdout[-3000:]}{done.stderr[-500:]}")
        with self.looking() as connection:
            for release in self.releases:
                judge(release, *connection.execute(COUNTS, {"batch_id": release.batch_id}).one())
                judge_redeemed(release, *connection.execute(REDEEMED, {"batch_id": release.batch_id}).one())
        self.releases.clear()

    def come_to_rest(self) -> None:
        """Until all that follows what was done has come about (`rest`). Raises NoNumber when that takes too long."""
        with self.looking() as connection:
            rest.come_to_rest(connection, self.settings())

    @contextmanager
    def looking(self) -> Iterator[sqlalchemy.Connection]:
        """Plain SQL on what is committed."""
        engine = sqlalchemy.create_engine(self.settings()["DATABASE_URL"])
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _children(self) -> dict[str, int]:
        children: dict[str, int] = json.loads((self.data_dir / "run.json").read_text())["children"]
        return children

    def _start_environment(self) -> dict[str, str]:
        own = super()._start_environment() | {"WEB_WORKERS": "2"}
        own["TILL_REQUESTS_A_MINUTE"] = TILL_REQUESTS_A_MINUTE
        for name in ("DATABASE_URL", "REDIS_URL", "QUEUE_REDIS_URL"):
            own.pop(name, None)
        return own | ({"DATABASE_URL": self.postgres.database("platform")} if self.postgres else {})


def judge(
    release: Release, claimed: int, stock: int, vouchers: int, citizens: int, posted: int, fen: int
) -> None:
    """The oracle: wins by every count are one number, within stock, nobody twice. Raises NoNumber otherwise."""
    counts = {"answers": release.granted, "claimed": claimed, "citizens": citizens, "posted": posted}
    wrong = {name: count for name, count in counts.items() if count != vouchers}
    if wrong or vouchers > stock or fen != vouchers * FACE_FEN:
        raise NoNumber(
            f"{release.batch_id}: {vouchers} vouchers of {stock}, {fen} fen, but {wrong or counts}"
        )
    if release.sent >= stock and vouchers != stock:
        raise NoNumber(f"{release.batch_id}: {release.sent} tried, {stock} in stock, only {vouchers} won")


def judge_redeemed(
    release: Release, vouchers: int, lines: int, orders: int, scans: int, payable_fen: int
) -> None:
    """The oracle of redemptions: by every count as many as there were answers. Raises NoNumber otherwise."""
    counts = {"vouchers": vouchers, "lines": lines, "orders": orders, "scans": scans}
    wrong = {name: count for name, count in counts.items() if count != release.redeemed}
    if wrong or payable_fen != release.redeemed * FACE_FEN:
        raise NoNumber(
            f"{release.batch_id}: {release.redeemed} redeemed, {payable_fen} fen, but {wrong or counts}"
        )


def _iso(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, SHANGHAI).isoformat(timespec="milliseconds")


def wait_until(at_s: float) -> None:
    """Sleep until this instant (epoch s)."""
    time.sleep(max(0.0, at_s - time.time()))


def data_dir() -> Path:
    """Where the bench's platforms live: DATA_DIR, else .data/bench."""
    return Path(os.environ.get("DATA_DIR") or ".data/bench").expanduser().absolute()
