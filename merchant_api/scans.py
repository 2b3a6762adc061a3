"""Scanning at the till: the decided answer of a scan, and what the holder's vouchers say to an order.

Scans of one process that arrive together share one transaction: their handles are locked, one instant decides, then
all that was decided is written.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app import clock, once, sql
from app.ankang import apply, reading, scan, verify
from app.ankang.counters import TEST, note_quotes
from app.ankang.reading import Shown
from app.ankang.scan import Scanned, Till
from app.ankang.verify import Codes, Verified
from app.domain.quote import Order
from app.domain.refusals import Refusal, Refused
from app.vouchers import commit, quote


@dataclass(frozen=True)
class Scanning:
    """A scan in a group: what was read, the order to quote for, under which key."""

    shown: Shown
    order: Order | None
    write: once.Write

    @property
    def quoted(self) -> Order | None:
        """The order to quote for; an identity scan has none."""
        return self.order if self.shown.purpose == "voucher" else None


def scan_code(till: Till, digits: str, purpose: str, order: Order | None, write: once.Write) -> once.Answer:
    """Verify a code; with `purpose=voucher` and an order also quote. A refusal is decided: stored and replayed."""
    (outcome,) = scan_all([Scanning(reading.read(till, digits, purpose), order, write)])
    if isinstance(outcome, Exception):
        raise outcome
    return once.final(outcome)


def scan_all(scannings: Sequence[Scanning]) -> list[once.Answer | Exception]:
    """Verify codes that have come together; one outcome each."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return _lane(app).run_all(scannings)


def quote_scan(till: Till, token: str, order: Order, wanted: Sequence[str] | None) -> dict[str, Any]:
    """The quote for a scanned holder, also for `wanted` vouchers together. Changes nothing."""
    with sql.reading() as session:
        scanned = scan.resolve(session, till, token)
        if scanned.purpose != "voucher":
            raise Refused(Refusal.SCAN_PURPOSE)
        shown = quote.quote(session, scanned, till, order, wanted)
    note_quotes(TEST if till.is_test else scanned.purpose)
    return shown


def _lane(app: Flask) -> commit.Lane[Scanning, once.Answer]:
    return commit.lane(app, "scan", _serve, _apart)


def _apart(scanning: Scanning) -> frozenset[Hashable]:
    """Whoever would lock the same row waits for the next group: same key or handle."""
    return frozenset([scanning.write.row, *([scanning.shown.handle] if scanning.shown.handle else [])])


def _serve(group: list[Scanning]) -> Sequence[once.Answer | Exception]:
    return commit.together(group, _decide)


def _decide(session: Session, group: Sequence[Scanning]) -> list[once.Answer | Exception]:
    """Answer known keys, decide the others."""
    return once.answer_all(session, group, _hold, _verify)


def _hold(session: Session, group: Sequence[Scanning]) -> Callable[[], tuple[Codes, int]]:
    """The codes' handles, and the instant that decides."""
    codes, now = verify.hold(session, [each.shown for each in group]), clock.ask_database(session)
    return lambda: (codes(), now())


def _verify(session: Session, fresh: Sequence[Scanning], held: tuple[Codes, int]) -> list[once.Answer]:
    codes, at = held
    verified = [verify.judge(each.shown, codes, at) for each in fresh]
    answers = _answers(session, fresh, verified, at)
    with sql.one_trip(session):
        verify.record(session, verified, at)
        once.store_all(session, [(each.write, answer) for each, answer in zip(fresh, answers, strict=True)])
        verify.count(session, verified, at)
    return answers


def _answers(
    session: Session, fresh: Sequence[Scanning], verified: Sequence[Verified], at: int
) -> list[once.Answer]:
    accepted = [(each, word.scanned) for each, word in zip(fresh, verified, strict=True) if word.scanned]
    asked = {(scanned.citizen_id, each.shown.till) for each, scanned in accepted if each.quoted}
    visitors = quote.visitors(session, asked, at) if asked else {}
    for each, _ in accepted:
        if each.quoted:
            note_quotes(each.shown.counted_as)
    shown = {scanned.scan_id: _shown(scanned, _quote(each, scanned, visitors)) for each, scanned in accepted}
    return [
        once.Answer.refused(Refused(word.refusal))
        if word.refusal
        else once.Answer(201, shown[word.scan_id], word.scan_id)
        for word in verified
    ]


def _quote(
    scanning: Scanning, scanned: Scanned, visitors: Mapping[tuple[str, Till], quote.Visitor]
) -> dict[str, Any] | None:
    order = scanning.quoted
    if order is None:
        return None
    return quote.quoted(visitors[scanned.citizen_id, scanning.shown.till].showing(scanned), order)


def _shown(scanned: Scanned, quoted: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "scan_id": scanned.scan_id,
        "scan_token": scan.token_of(scanned.scan_id),
        "expires_at": scanned.expires_at,
        "holder": apply.masked(scanned.citizen_id, scanned.name_ct),
        "purpose": scanned.purpose,
        "quote": quoted,
    }
