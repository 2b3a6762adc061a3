"""`flask audit`: every promise against SQL and Redis; the rows that break one, and then exit code 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import click
import redis
from flask.cli import with_appcontext
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.cli import audit_seals
from app.cli.audit_checks import CHECKS
from app.domain.lottery import list_hash
from app.domain.settlement import MerchantLine, fingerprint
from app.domain.terms import Place, WhyNot
from app.extensions import gate_redis
from app.gate import keys, shards
from app.models import Batch, Lottery, SettlementBatch, SettlementLine
from app.vouchers import terms
from app.vouchers.lottery import registrants
from campaigns.rollups import recount

LIMITED = text(
    f"SELECT r.id, r.redeemed_at, l.batch_id, m.category, s.area, {terms.COLUMNS} FROM redemption_line l"
    " JOIN redemption r ON r.id = l.redemption_id JOIN batch b ON b.id = l.batch_id"
    " JOIN store s ON s.id = r.store_id JOIN merchant m ON m.id = r.merchant_id"
    " WHERE COALESCE(b.weekdays, b.hours, b.areas, b.categories) IS NOT NULL"
)
# What was told is published within seconds; what waits longer tells of a relay that does not run.
UNPUBLISHED = text("SELECT id, kind, at FROM outbox WHERE at <= :late ORDER BY id")
LATE_MS = 60_000
MOST_ROWS = 20
Finding = tuple[str, str, list[dict[str, Any]]]


@click.command("audit")
@with_appcontext
def audit() -> None:
    """Check the promises. Exit code 1 when one is broken."""
    broken = 0
    for number, promise, rows in findings():
        click.echo(f"{'✗' if rows else '✓'} {number:<4}{promise}")
        for row in rows[:MOST_ROWS]:
            click.echo(f"      {row}")
        broken += bool(rows)
    click.echo(f"审计 audit: {f'{broken} promises broken' if broken else 'clean'}")
    if broken:
        raise SystemExit(1)


def findings() -> Iterator[Finding]:
    """Each promise with the rows that break it, in one consistent look."""
    with sql.snapshot() as session:
        for check in CHECKS:
            rows = session.execute(text(check.query)).mappings().fetchmany(MOST_ROWS)
            yield check.number, check.promise, [dict(row) for row in rows]
        yield (
            "I12",
            "a redemption lies inside its vouchers' days, hours, areas and categories",
            _misplaced(session),
        )
        yield "I19", "rolled up statistics = a recount of rows", recount.differences(session)[:MOST_ROWS]
        yield "I14", "no outbox row older than 60 s", _unpublished(session)
        yield "I9", "a frozen batch still has the hash of its lines", _changed_batches(session)
        yield (
            "I16",
            "no entry of the audit trail was altered or removed since it was chained",
            audit_seals.trail(session),
        )
        yield (
            "I16",
            "each seal follows from the one before and from what it sealed",
            audit_seals.sealed(session),
        )
        yield "I21", "a frozen list of registrants still has its published hash", _changed_lists(session)
        yield "I13", "gate stock = stock − claimed − pending at the same epoch", _wrong_gates(session)


def _misplaced(session: Session) -> list[dict[str, Any]]:
    """Judged by the rules themselves: no database knows the hours of a Shanghai day."""
    return [
        {"id": row.id, "batch_id": row.batch_id, "reason": why_not[0].code}
        for row in session.execute(LIMITED)
        if (why_not := _why_not(row)) is not None
    ]


def _why_not(row: Row[Any]) -> WhyNot | None:
    found = terms.of_row(row)
    here = found.why_not_here(Place(row.category, row.area), is_named=True)
    return here or found.why_not_now(row.redeemed_at)


def _unpublished(session: Session) -> list[dict[str, Any]]:
    late = {"late": clock.database_now(session) - LATE_MS}
    return [dict(row) for row in session.execute(UNPUBLISHED, late).mappings().fetchmany(MOST_ROWS)]


def _changed_batches(session: Session) -> list[dict[str, Any]]:
    wrong = []
    for batch in session.scalars(select(SettlementBatch).where(SettlementBatch.lines_sha256.is_not(None))):
        stored = session.scalars(select(SettlementLine).where(SettlementLine.settlement_id == batch.id))
        lines = [
            MerchantLine(
                line.merchant_id,
                line.redeemed_count,
                line.reversed_count,
                line.redeemed_fen,
                line.reversed_fen,
                line.held_fen,
                line.freed_fen,
                line.adjusted_fen,
            )
            for line in stored
        ]
        if fingerprint(batch.campaign_id, batch.from_no, batch.to_no, lines) != batch.lines_sha256:
            wrong.append({"id": batch.id, "lines_sha256": batch.lines_sha256})
    return wrong


def _changed_lists(session: Session) -> list[dict[str, Any]]:
    frozen = session.scalars(select(Lottery).where(Lottery.list_sha256.is_not(None))).all()
    return [
        {"id": lottery.batch_id, "list_sha256": lottery.list_sha256}
        for lottery in frozen
        if list_hash(number for number, _ in registrants(session, lottery.batch_id)) != lottery.list_sha256
    ]


def _wrong_gates(session: Session) -> list[dict[str, Any]]:
    try:
        looked_at = [(batch, *_gates(batch.id)) for batch in session.scalars(select(Batch))]
    except redis.RedisError as error:
        return [{"redis": f"cannot be reached: {type(error).__name__}"}]
    return [
        {"id": batch.id, "stock": batch.stock, "claimed": batch.claimed, "gates": gates, "pending": pending}
        for batch, gates, pending in looked_at
        if all(gates)
        and {int(gate["epoch"]) for gate in gates} == {batch.gate_epoch}
        and sum(int(gate["stock"]) for gate in gates) != batch.stock - batch.claimed - pending
    ]


def _gates(batch_id: str) -> tuple[list[dict[str, str]], int]:
    """What each shard of a batch says, and how many claims are pending in all."""
    tags, client = shards.tags(batch_id), gate_redis()
    gates = [cast("dict[str, str]", client.hgetall(keys.gate(tag))) for tag in tags]
    return gates, sum(int(client.hlen(keys.pending(tag))) for tag in tags)
