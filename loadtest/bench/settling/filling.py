"""Redemptions by the million, made set-wise behind the platform's back: what closings and statistics read, no more.

Names begin with an instant long ago, like those of rows that were made then; `n` counts on through all campaigns.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

FACE_FEN = 500
MERCHANTS, STORES = 20, 10  # stores of each
CHUNK = 100_000
WEEK_MS = 7 * 86_400_000
SERIES = {
    "postgresql": "generate_series({first}::bigint, {last}::bigint) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (VALUES ({first}) UNION ALL SELECT n + 1 FROM s WHERE n < {last})"
    " SELECT n FROM s) AS s",
}
PLACES = (
    "INSERT INTO merchant (id, name, category, is_small, status, created_at)"
    " SELECT 'mer_bench' || s.n, '商户 ' || s.n, '类别 ' || (s.n % 5), {small}, 'active', 0 FROM {merchants}",
    "INSERT INTO store (id, merchant_id, name, area, address, status, created_at)"
    f" SELECT 'sto_bench' || s.n, 'mer_bench' || (s.n / {STORES}), '门店 ' || s.n, '街道 ' || (s.n % 8), '',"
    " 'active', 0 FROM {stores}",
)
# Number, instant of the posting, store and name of the n-th; `k` is its number in its campaign.
EACH = (
    "(SELECT s.n, s.n - {before} AS k, {begin} + (s.n - {before}) * {step} AS at, s.n * 7919 % {places} AS place,"
    " '_01' || {time} || {tail} AS name FROM {series}) AS e"
)
ROWS = (
    "INSERT INTO voucher (id, campaign_id, batch_id, citizen_id, ordinal, status, version, face_fen, claimed_at,"
    " valid_from, valid_to) SELECT 'vch' || name, '{campaign}', '{batch}', 'ctz' || name, 1, 'redeemed', 2, {face},"
    " at - n % 48 * 1800000, at - 90000000, at + 604800000 FROM {each}",
    "INSERT INTO redemption (id, merchant_id, store_id, terminal_id, citizen_id, scan_id, order_no, gross_fen,"
    " merchant_discount_fen, order_fen, face_fen, used_fen, customer_pays_fen, refunded_fen, state, redeemed_at)"
    " SELECT 'rdm' || name, 'mer_bench' || (place / {stores_each}), 'sto_bench' || place, 'trm_bench', 'ctz' || name,"
    " 'scn' || name, 'O' || name, 12000 + n % 100, 0, 12000 + n % 100, {face}, {face}, 11500 + n % 100, 0, 'effective',"
    " at FROM {each}",
    "INSERT INTO redemption_line (id, redemption_id, voucher_id, campaign_id, batch_id, face_fen, subsidy_fen,"
    " order_share_fen, effective) SELECT 'rdl' || name, 'rdm' || name, 'vch' || name, '{campaign}', '{batch}', {face},"
    " {face}, 12000 + n % 100, {yes} FROM {each}",
    "INSERT INTO transfer (id, campaign_id, posting_no, posted_at, kind, ref, debit, credit, amount_fen, merchant_id,"
    " store_id) SELECT 'tfr' || name, '{campaign}', k, at, 'redeem', 'rdl' || name, 'issued', 'payable', {face},"
    " 'mer_bench' || (place / {stores_each}), 'sto_bench' || place FROM {each}",
)
COUNTED = (
    "UPDATE batch SET claimed = {size} WHERE id = '{batch}'",
    "UPDATE posting_clock SET last_no = {size}, last_at = {end} WHERE campaign_id = '{campaign}'",
)
AFRESH = (
    "DELETE FROM batch_hour",
    "DELETE FROM posting_sum",
    "DELETE FROM posting_span",
    "DELETE FROM posting_fold",
)
Run = Callable[[list[str]], None]


@contextmanager
def behind(database: str, address: str) -> Iterator[Run]:
    """Statements in one transaction, without foreign keys: what they would look for is not there, and nobody asks."""
    if database == "postgresql":
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("SET synchronous_commit = off")
            yield lambda statements: _in_one(connection, statements)
        return
    lite = sqlite3.connect(address, isolation_level=None, timeout=120)
    try:
        lite.execute("PRAGMA foreign_keys = OFF")
        yield lambda statements: _at_once(lite, statements)
    finally:
        lite.close()


def _in_one(connection: psycopg.Connection, statements: list[str]) -> None:
    with connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())


def _at_once(connection: sqlite3.Connection, statements: list[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in statements:
        connection.execute(statement)
    connection.execute("COMMIT")


def places(run: Run, database: str) -> None:
    """Merchants of five categories, every third of them small, with stores in eight areas."""
    series = {
        name: SERIES[database].format(first=0, last=last - 1)
        for name, last in (("merchants", MERCHANTS), ("stores", MERCHANTS * STORES))
    }
    run([statement.format(small="s.n % 3 = 0", **series) for statement in PLACES])


def redemptions(
    run: Run, database: str, campaign: str, batch: str, before: int, size: int, told: Callable[[int], None]
) -> None:
    """So many in one campaign, over the week that ends now; `before`: how many there are in others."""
    end = round(time.time() * 1000) - 60_000
    step = max(1, WEEK_MS // size)
    shared = {"before": before, "begin": end - step * size, "step": step, "places": MERCHANTS * STORES}
    named = {"campaign": campaign, "batch": batch, "face": FACE_FEN, "stores_each": STORES, "yes": "true"}
    for first in range(1, size + 1, CHUNK):
        last = min(first + CHUNK - 1, size)
        series = SERIES[database].format(first=before + first, last=before + last)
        each = EACH.format(
            series=series,
            time=_digits(database, "s.n / 1000", 8),
            tail=_digits(database, "s.n", 16),
            **shared,
        )
        run([statement.format(each=each, **named) for statement in ROWS])
        told(last - first + 1)
    run([statement.format(size=size, end=end, **named) for statement in COUNTED])


def afresh(run: Run, database: str) -> None:
    """Nothing is rolled up: what was made has names from long ago. The worker, which rolls up, waits."""
    alone = ["LOCK TABLE row_fold, posting_fold IN ACCESS EXCLUSIVE MODE"] if database == "postgresql" else []
    run([*alone, *AFRESH, "UPDATE row_fold SET up_to = 0"])


def _digits(database: str, number: str, width: int) -> str:
    if database == "postgresql":
        return f"lpad(({number})::text, {width}, '0')"
    return f"printf('%0{width}d', {number})"
