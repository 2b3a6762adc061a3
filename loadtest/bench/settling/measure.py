"""One database: filled, rolled up, then recounts, closings and pages in turns."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any

import redis
from sqlalchemy import text

from loadtest.bench.cpu import Meter
from loadtest.bench.fire import NoNumber
from loadtest.bench.platform import SHANGHAI, Platform, Release
from loadtest.bench.ratios import slope
from loadtest.bench.settling import filling

PAGES = 20  # a turn
FOLD_WITHIN_S, CLOSE_WITHIN_S = 3_600, 120
BARE = (
    "INSERT INTO bare_sums SELECT merchant_id, kind, COUNT(*),"
    " SUM(CASE WHEN credit = 'payable' THEN amount_fen ELSE -amount_fen END) FROM transfer"
    " WHERE campaign_id = '{campaign}' AND posting_no > 0 AND posting_no <= {size} GROUP BY merchant_id, kind"
)
Measured = dict[str, dict[int, list[float]]]


@dataclass(frozen=True)
class Plan:
    """How many redemptions the campaigns have, and how many rounds there are."""

    sizes: tuple[int, ...]
    rounds: int


@dataclass
class Side:
    """A platform on one database with a campaign of each size."""

    platform: Platform
    plan: Plan
    campaigns: dict[int, Release] = field(default_factory=dict)
    seen: Measured = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    @property
    def address(self) -> str:
        """For a driver, without SQLAlchemy."""
        url = self.platform.settings()["DATABASE_URL"]
        return url.replace("+psycopg", "") if "postgresql" in url else url.removeprefix("sqlite:///")

    def fill(self) -> None:
        """The campaigns, over HTTP; their redemptions, by SQL; then everything is rolled up."""
        database, before = self.platform.database, 0
        with filling.behind(database, self.address) as run:
            filling.places(run, database)
            for size in self.plan.sizes:
                release = self.platform.release(size)
                bar = Bar(f"{database}: {size:,} redemptions", size)
                filling.redemptions(
                    run, database, release.campaign_id, release.batch_id, before, size, bar.add
                )
                self.campaigns[size] = release
                before += size
            if database == "postgresql":
                run(["ANALYZE"])
            filling.afresh(run, database)
            run(["CREATE TABLE bare_sums (merchant_id text, kind text, times bigint, fen bigint)"])
        self.platform.releases.clear()
        began = time.monotonic()
        self._fold()
        self.seen["fold_rows_per_s"][before].append(before / (time.monotonic() - began))

    def _fold(self) -> None:
        """Until there is nothing more to add; the platform's own worker does it, too."""
        bar = Bar(f"{self.platform.database}: rolled up", sum(self.plan.sizes))
        give_up_at = time.monotonic() + FOLD_WITHIN_S
        while (left := self._not_rolled_up()) > 0:
            bar.at(sum(self.plan.sizes) - left)
            if time.monotonic() > give_up_at:
                raise NoNumber(f"{left} postings are not rolled up")
            self.platform.flask("stats", "fold")
        while self.platform.flask("stats", "fold").stdout.strip() != "汇总 rolled up in 0 steps":
            if time.monotonic() > give_up_at:
                raise NoNumber("the roll-up does not end")
        bar.at(sum(self.plan.sizes))

    def _not_rolled_up(self) -> int:
        with self.platform.looking() as connection:
            query = "SELECT SUM(p.last_no - COALESCE(f.up_to_no, 0)) FROM posting_clock p LEFT JOIN posting_fold f"
            return int(connection.scalar(text(f"{query} ON f.campaign_id = p.campaign_id")) or 0)

    def measured(self) -> Measured:
        """Rounds of everything, each size in turn; then the oracle."""
        for number in range(1, self.plan.rounds + 1):
            print(
                f"{self.platform.database}: 第 {number} 轮 round {number} of {self.plan.rounds}", flush=True
            )
            for size in self.plan.sizes:
                self._recount(size)
            for size in self.plan.sizes if number % 2 else reversed(self.plan.sizes):
                self._pages(size)
            for size in self.plan.sizes:
                self._close(size, number)
        self._oracle()
        return self.seen

    def _recount(self, size: int) -> None:
        """The recount beside the bare statement, and what the roll-up takes for the same sums."""
        campaign = self.campaigns[size].campaign_id
        with filling.behind(self.platform.database, self.address) as run:
            began = time.perf_counter()
            run([BARE.format(campaign=campaign, size=size)])
            bare_s = time.perf_counter() - began
        done = self.platform.flask("stats", "interval", campaign, "0", str(size))
        if done.returncode != 0:
            raise NoNumber(f"the interval's sums differ: {done.stdout}{done.stderr[-500:]}")
        said = json.loads(done.stdout)
        if said["fen"] != size * filling.FACE_FEN:
            raise NoNumber(f"{size} redemptions sum to {said['fen']} fen")
        self.seen["recount_over_bare"][size].append(bare_s / said["recount_s"])
        self.seen["recount_rows_per_s"][size].append(size / said["recount_s"])
        self.seen["rolled_up_s"][size].append(said["rolled_up_s"])

    def _pages(self, size: int) -> None:
        """CPU of a page, of all that serves."""
        path = f"campaigns/{self.campaigns[size].campaign_id}/statistics"
        shown = self.platform.organizer.read(path)["totals"]
        if shown["verified_vouchers"] != size or shown["subsidy_fen"] != size * filling.FACE_FEN:
            raise NoNumber(f"the page of {size} redemptions shows {shown}")
        meter = Meter(self.platform.roots)
        for _ in range(PAGES):
            self.platform.organizer.read(path)
        self.seen["page_cpu_s"][size].append(sum(meter.spent_s().values()) / PAGES)

    def _close(self, size: int, number: int) -> None:
        """One closing: the first rounds end at past midnights, the last one now."""
        cutoff = self._cutoff(number)
        began = time.perf_counter()
        opened = self.platform.organizer.post(
            f"campaigns/{self.campaigns[size].campaign_id}/settlements", {"cutoff": cutoff.isoformat()}
        ).body
        while self.platform.organizer.read(f"settlements/{opened['settlement_id']}")["total_fen"] is None:
            if time.perf_counter() - began > CLOSE_WITHIN_S:
                raise NoNumber(f"{opened['settlement_id']} is not computed")
            time.sleep(0.02)
        self.seen["closing_s"][size].append(time.perf_counter() - began)
        self.seen["jobs_a_cutoff"][size].append(self._jobs(opened["settlement_id"]))

    def _cutoff(self, number: int) -> datetime:
        now = datetime.now(SHANGHAI)
        left = self.plan.rounds - number
        if left == 0:
            return now
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        return datetime.fromtimestamp(midnight - (left - 1) * 86_400, SHANGHAI)

    def _jobs(self, settlement_id: str) -> int:
        """How many jobs were rung for one closing; those that are done are kept for a minute."""
        address = self.platform.settings()
        with redis.Redis.from_url(address.get("QUEUE_REDIS_URL") or address["REDIS_URL"]) as client:
            rung = [str(client.hget(key, "description")) for key in client.scan_iter("rq:job:*")]
        return sum(settlement_id in word for word in rung)

    def _oracle(self) -> None:
        """Every settled fen and every figure, counted anew."""
        with self.platform.looking() as connection:
            settled = int(connection.scalar(text("SELECT SUM(total_fen) FROM settlement_batch")) or 0)
        if settled != sum(self.plan.sizes) * filling.FACE_FEN:
            raise NoNumber(f"{settled} fen were settled of {sum(self.plan.sizes)} redemptions")
        done = self.platform.flask("stats", "recount")
        if done.returncode != 0:
            raise NoNumber(f"flask stats recount: {done.stdout[-2000:]}{done.stderr[-500:]}")


def results(database: str, seen: Measured, plan: Plan) -> dict[str, dict[str, Any]]:
    """By goal number, with the absolute figures behind them."""
    small, large = plan.sizes[0], plan.sizes[-1]
    pages = seen["page_cpu_s"]
    ratios = [big / little for big, little in zip(pages[large], pages[small], strict=True)]
    closings = [median(seen["rolled_up_s"][size]) for size in plan.sizes]
    to_end = [median(seen["closing_s"][size]) for size in plan.sizes]
    found = {
        f"P14_{database}": _value(seen["recount_over_bare"][large], "recount ÷ bare INSERT … SELECT, rows/s"),
        f"P14_exponent_{database}": _value(
            [slope(list(plan.sizes), closings)], "sums of a closing, slope on log–log"
        ),
        f"P14_exponent_to_end_{database}": _value(
            [slope(list(plan.sizes), to_end)], "from opening to frozen lines over HTTP, slope on log–log"
        ),
        f"P15_{database}": _value(ratios, f"page at {large} ÷ at {small}, CPU"),
        f"P16_{database}": _value(
            seen["jobs_a_cutoff"][large], f"jobs a cutoff of {large} redemptions in all"
        ),
    }
    for name, by_size in seen.items():
        found |= {f"{name}_{size}_{database}": _value(values, name) for size, values in by_size.items()}
    return found


def _value(seen: list[Any], unit: str) -> dict[str, Any]:
    if not seen or any(value is None for value in seen):
        return {"value": None, "low": None, "high": None, "unit": unit}
    return {
        "value": round(median(seen), 5),
        "low": round(min(seen), 5),
        "high": round(max(seen), 5),
        "unit": unit,
    }


@dataclass
class Bar:
    """How far it is."""

    what: str
    whole: int
    done: int = 0

    def add(self, count: int) -> None:
        """So many more."""
        self.at(self.done + count)

    def at(self, count: int) -> None:
        """So many in all."""
        self.done = count
        share = count / self.whole
        sys.stderr.write(
            f"\r{self.what} [{'#' * int(share * 30):<30}] {share:>4.0%}{chr(10) if share >= 1 else ''}"
        )
        sys.stderr.flush()
