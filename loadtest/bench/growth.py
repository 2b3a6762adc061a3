"""P5: what a claim costs when ten thousand, or ten million, have claimed before."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from loadtest.bench.claim import CLIENTS, WARM_UP, Bench
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import NoNumber, fire
from loadtest.bench.platform import Platform, Release, wait_until
from loadtest.bench.ratios import slope

CLAIMS = 5_000
CHUNK = 500_000
# A claimant of before is a citizen with a voucher, a counter, a posting and a stored answer; the sealed columns are
# copied from somebody real, the indexes are unique. `n` counts on through all sizes.
CITIZENS = """INSERT INTO citizen (id, name_ct, id_number_ct, id_number_bi, phone_ct, phone_bi, status, applied_at)
 SELECT 'ctz_' || lpad(n::text, 26, '0'), c.name_ct, c.id_number_ct, encode(sha256(('i' || n)::bytea), 'hex'),
 c.phone_ct, encode(sha256(('p' || n)::bytea), 'hex'), 'active', c.applied_at
 FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, (SELECT * FROM citizen LIMIT 1) c"""
APPLIED = (
    "UPDATE code_count SET count = count + %(people)s WHERE event = 'applied' AND day = (SELECT MAX(day) FROM"
)
APPLIED += " code_count WHERE event = 'applied')"
# A real claim of this batch is the pattern: every column but the names is taken from it.
PATTERN = "SELECT id, citizen_id FROM voucher WHERE batch_id = %(batch)s LIMIT 1"
CLONES = (
    ("voucher", "batch_id = %(batch)s AND citizen_id = %(citizen)s", {"id": "vch", "citizen_id": "ctz"}),
    (
        "counter",
        "kind = 'person' AND scope_id = %(batch)s AND subject_id = %(citizen)s",
        {"subject_id": "ctz"},
    ),
    ("transfer", "kind = 'claim' AND ref = %(voucher)s", {"id": "trf", "ref": "vch"}),
    ("idempotency", "operation = 'claim' AND object_id = %(voucher)s", {"caller": "ctz", "object_id": "vch"}),
)


def measure(bench: Bench, platform: Platform, sizes: list[int]) -> Iterator[tuple[str, float, str]]:
    """For each size the cost of a claim, then the largest over the smallest, and the slope on log–log."""
    release = platform.release(max(sizes) + (len(sizes) + 1) * (CLAIMS + WARM_UP))
    wait_until(release.opens_at)
    there, costs = 0, []
    first = fire(platform.port, release.shots(platform.tokens, 0, WARM_UP), CLIENTS)
    release.granted, line = first.statuses.get(201, 0), WARM_UP
    for size in sorted(sizes):
        preload(bench, platform, release, there, size)
        release.granted += size - there
        there = size
        fire(platform.port, release.shots(platform.tokens, line, WARM_UP), CLIENTS)
        meter = Meter(platform.roots)
        hits = fire(platform.port, release.shots(platform.tokens, line + WARM_UP, CLAIMS), CLIENTS)
        costs.append(sum(meter.spent_s().values()) * 1e6 / CLAIMS)
        if set(hits.statuses) != {201}:
            raise NoNumber(f"{size} claimants: {hits.statuses}")
        release.granted += WARM_UP + CLAIMS
        line += WARM_UP + CLAIMS
        yield f"P5_cost_at_{size}", costs[-1], "µs of CPU a claim"
    yield "P5", costs[-1] / costs[0], "ratio"
    exponent = slope(sorted(sizes), costs)
    if exponent is not None:
        yield "P5_exponent", exponent, "slope on log–log"


def preload(bench: Bench, platform: Platform, release: Release, there: int, size: int) -> None:
    """Claimants number `there` to `size`, set-wise into every table a claim writes; then the gate learns of them."""
    with psycopg.connect(bench.postgres.address("platform"), autocommit=True) as connection:
        found = connection.execute(PATTERN, {"batch": release.batch_id}).fetchone()
        assert found is not None
        names = {"batch": release.batch_id, "voucher": found[0], "citizen": found[1]}
        for first in range(there, size, CHUNK):
            last = min(first + CHUNK, size) - 1
            values = {**names, "first": first, "last": last, "people": last - first + 1}
            with connection.transaction():
                connection.execute(CITIZENS, values)
                connection.execute(APPLIED, values)
                for table, where, named in CLONES:
                    connection.execute(_clone(connection, table, where, named), values)
                connection.execute(
                    "UPDATE batch SET claimed = claimed + %(people)s WHERE id = %(batch)s", values
                )
        connection.execute("VACUUM ANALYZE")
    done = platform.flask("gate", "rebuild", release.batch_id)
    if done.returncode != 0:
        raise NoNumber(f"flask gate rebuild: {done.stderr[-500:]}")


def _clone(connection: psycopg.Connection, table: str, where: str, named: dict[str, str]) -> str:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s",
        [table],
    )
    columns = [str(row[0]) for row in rows]
    values = [
        f"'{named[name]}_' || lpad(n::text, 26, '0')" if name in named else f"t.{name}" for name in columns
    ]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, (SELECT * FROM {table} WHERE {where}) t"
    )
