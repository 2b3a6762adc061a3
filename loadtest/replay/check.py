"""The figures side by side: what the plan promises, what the platform's API says, what its rows add up to."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import create_engine

from loadtest.replay.figures import OfBatch, OfCodes, OfMerchant, of_batches, of_codes, of_merchants, of_rows
from loadtest.replay.house import House
from loadtest.replay.people import Organizer
from loadtest.replay.plan import Plan
from loadtest.replay.play import SHANGHAI
from loadtest.replay.recount import Recount

WIDTHS = (44, 16, 16, 16, 4)


@dataclass(frozen=True)
class Figure:
    """One line of the table. None: this side does not know the figure."""

    title: str
    reference: int | None
    api: int | None
    sql: int | None
    unit: str = "count"

    @property
    def equal(self) -> bool:
        """Whether all sides that know it agree."""
        return len({side for side in (self.reference, self.api, self.sql) if side is not None}) == 1

    def cells(self) -> list[str]:
        """As text: yuan with two decimals, leverage with four."""
        sides = [self._shown(side) for side in (self.reference, self.api, self.sql)]
        return [self.title, *sides, "=" if self.equal else "≠"]

    def _shown(self, side: int | None) -> str:
        if side is None:
            return "—"
        match self.unit:
            case "fen":
                return f"{'-' if side < 0 else ''}{abs(side) // 100:,}.{abs(side) % 100:02d}"
            case "ratio":
                return f"{side / 10_000:.4f}"
        return f"{side:,}"


@dataclass
class Check:
    """Collects the figures of one finished replay."""

    plan: Plan
    organizer: Organizer
    recount: Recount
    campaign_id: str
    settlement_id: str
    batch_ids: list[str]
    before: OfCodes | None  # the code counters before the replay; None where others may have used them since
    figures: list[Figure] = field(default_factory=list)

    @cached_property
    def batches(self) -> list[OfBatch]:
        """What the plan says about each batch."""
        return of_batches(self.plan)

    @cached_property
    def subsidy_fen(self) -> int:
        """What the plan says the budget pays."""
        return sum(batch.subsidy_fen for batch in self.batches)

    def all_figures(self) -> list[Figure]:
        """Statistics, settlement, ledger, sums over rows, code counters."""
        statistics = self.organizer.read(f"campaigns/{self.campaign_id}/statistics")
        self._totals(statistics["totals"])
        self._cuts(statistics)
        for position, batch_id in enumerate(self.batch_ids):
            shown = next(batch for batch in statistics["batches"] if batch["batch_id"] == batch_id)
            self._batch(self.plan.batches[position].name, self.batches[position], shown, batch_id)
        self._settlement(self.organizer.read(f"settlements/{self.settlement_id}"))
        self._ledger()
        self._rows()
        self._codes()
        return self.figures

    def _add(
        self, title: str, reference: int | None, api: int | None, sql: int | None, unit: str = "count"
    ) -> None:
        self.figures.append(Figure(title, reference, api, sql, unit))

    def _totals(self, api: dict[str, Any]) -> None:
        direct, subsidy, vouchers = self.plan.direct_fen, self.subsidy_fen, self.plan.vouchers
        issued = sum(batch.claimed for batch in self.batches)
        counted, states = self.recount.totals(), self.recount.vouchers()
        leverage = ratio(counted.direct_fen, counted.subsidy_fen)
        self._add("核验消费券 verified vouchers", vouchers, api["verified_vouchers"], counted.verified)
        self._add("直接消费 direct consumption", direct, api["direct_fen"], counted.direct_fen, "fen")
        self._add("补贴 subsidy", subsidy, api["subsidy_fen"], counted.subsidy_fen, "fen")
        self._add("杠杆率 leverage", ratio(direct, subsidy), ratio(api["leverage"], 1), leverage, "ratio")
        self._add("已领 claimed", issued, api["claimed"], sum(states.values()))
        self._add("剩余 available", 0, api["available"], None)
        self._add("已核销 redeemed", vouchers, api["redeemed"], states.get("redeemed", 0))
        self._add("持有未用 held", issued - vouchers, api["held"], states.get("issued", 0))
        self._add("已过期 expired", 0, api["expired"], states.get("expired", 0))

    def _cuts(self, api: dict[str, Any]) -> None:
        """The same sums by day, hour, store and area."""
        counted = self.recount.totals()
        for cut in ("by_day", "by_hour", "by_store", "by_area"):
            shown = [sum(row[name] for row in api[cut]) for name in ("verified_vouchers", "direct_fen")]
            self._add(f"核验 verified {cut}", self.plan.vouchers, shown[0], counted.verified)
            self._add(f"直接消费 direct {cut}", self.plan.direct_fen, shown[1], counted.direct_fen, "fen")

    def _batch(self, name: str, wanted: OfBatch, api: dict[str, Any], batch_id: str) -> None:
        rows = self.recount.batch(batch_id)
        names = {"claimed": "已领 claimed", "verified": "核验 verified", "reversed": "撤销 reversed"}
        names |= {"subsidy_fen": "补贴 subsidy", "direct_fen": "直接消费 direct"}
        for key, title in names.items():
            shown = api["verified_vouchers" if key == "verified" else key]
            unit = "fen" if key.endswith("_fen") else "count"
            self._add(f"{name} {title}", getattr(wanted, key), shown, getattr(rows, key), unit)

    def _settlement(self, api: dict[str, Any]) -> None:
        lines, net = self.recount.settled()
        names = ("redeemed_count", "reversed_count", "redeemed_fen", "reversed_fen")
        shown = Counter(OfMerchant(*(line[name] for name in names)) for line in api["lines"])
        wanted, shown_net = of_merchants(self.plan), sum(line["net_fen"] for line in api["lines"])
        alike = ((wanted & shown).total(), (wanted & lines).total())
        self._add("结算合计 settlement total", self.subsidy_fen, api["total_fen"], net, "fen")
        self._add("各户净额之和 Σ lines", self.subsidy_fen, shown_net, net, "fen")
        self._add("对账行数 statement lines", wanted.total(), shown.total(), lines.total())
        self._add("相符的对账行 lines as planned", wanted.total(), *alike)

    def _ledger(self) -> None:
        accounts, pairs = self.recount.accounts(), zip(self.batches, self.plan.batches, strict=True)
        held = sum((batch.claimed - batch.verified) * terms.face_fen for batch, terms in pairs)
        self._add("账上应付商户 ledger: payable", self.subsidy_fen, None, accounts.get("payable", 0), "fen")
        self._add("账上已发未用 ledger: issued", held, None, accounts.get("issued", 0), "fen")
        self._add("账上可用预算 ledger: budget", 0, None, accounts.get("budget", 0), "fen")

    def _rows(self) -> None:
        wanted, rows = asdict(of_rows(self.plan)), asdict(self.recount.rows())
        for name, value in wanted.items():
            unit = "fen" if name.endswith("_fen") else "count"
            self._add(f"全部核销（含撤销） all rows: {name}", value, None, rows[name], unit)
        of_lines = {"face": "face_fen", "subsidy": "used_fen", "order_share": "order_fen"}
        for (title, name), counted in zip(of_lines.items(), self.recount.lines(), strict=True):
            self._add(f"全部明细（含撤销） all lines: {title}_fen", wanted[name], None, counted, "fen")

    def _codes(self) -> None:
        rise, now, rows = of_codes(self.plan), code_counters(self.organizer), self.recount.codes()
        titles = {"applied": "申领 applied", "displayed": "亮码 displayed", "accepted": "核验通过 verified"}
        for name, title in titles.items():
            wanted = getattr(self.before, name) + getattr(rise, name) if self.before else None
            self._add(title, wanted, getattr(now, name), getattr(rows, name))
        for reason in sorted({*rise.refused, *now.refused, *rows.refused}):
            before, rose, shown, counted = (
                side.refused.get(reason, 0) if side else 0 for side in (self.before, rise, now, rows)
            )
            self._add(f"核验拒绝 refused: {reason}", before + rose if self.before else None, shown, counted)


def ratio(direct: float, subsidy: int) -> int:
    """Leverage in ten-thousandths, so that it compares as a whole number."""
    return round(direct * 10_000 / subsidy) if subsidy else 0


def code_counters(organizer: Organizer) -> OfCodes:
    """The platform's counters of all days."""
    tomorrow = datetime.now(SHANGHAI).date() + timedelta(days=1)
    shown = organizer.read(f"ankang-code/counters?from=2020-01-01&to={tomorrow.isoformat()}")
    verified = shown["verified"]
    return OfCodes(shown["applied"], shown["displayed"], verified["accepted"], dict(verified["refused"]))


def compare(house: House, plan: Plan, organizer: Organizer, state: dict[str, Any], *, counters: bool) -> int:
    """Print the table. Returns how many figures differ."""
    before = OfCodes(**state["codes_before"]) if counters else None
    ids = (state["campaign_id"], state["settlement_id"])
    engine = create_engine(house.settings()["DATABASE_URL"])
    with engine.connect() as connection:
        check = Check(plan, organizer, Recount(connection, *ids), *ids, state["batch_ids"], before)
        figures = check.all_figures()
    engine.dispose()
    print_table(figures)
    return sum(not figure.equal for figure in figures)


def print_table(figures: list[Figure]) -> None:
    """One line a figure; Chinese characters take two columns."""
    print(_line(["指标 figure", "参考 reference", "平台 API", "SQL 重算", ""]))
    print("─" * (sum(WIDTHS) + 2 * len(WIDTHS)))
    for figure in figures:
        print(_line(figure.cells()))


def _line(cells: list[str]) -> str:
    padded = []
    for position, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True)):
        space = " " * (width - sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in cell))
        padded.append(cell + space if position == 0 else space + cell)
    return "  ".join(padded).rstrip()
