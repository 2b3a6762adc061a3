"""P5: what a claim costs when ten thousand, or ten million, have claimed before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from loadtest.bench.claim import Bench
from loadtest.bench.cpu import Meter
from loadtest.bench.fire import NoNumber, fire
from loadtest.bench.platform import Platform, Release, data_dir, wait_until
from loadtest.bench.ratios import slope
from loadtest.bench.rounds import CLIENTS, WARM_UP
from loadtest.bench.servers import Postgres

CLAIMS, TURNS = 10_000, 16
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


@dataclass
class Grown:
    """A platform with one open batch, and how many have claimed from it."""

    platform: Platform
    address: str
    release: Release
    there: int = 0
    used_tokens: int = 0

    def grow(self, size: int) -> None:
        """So many claimants in all."""
        preload(self.address, self.platform, self.release, self.there, size)
        self.release.granted += size - self.there
        self.there = size

    def cost_s(self, claims: int) -> float:
        """CPU seconds of so many claims."""
        meter = Meter(self.platform.roots)
        shots = self.release.shots(self.platform.tokens, self.used_tokens, claims)
        hits = fire(self.platform.port, shots, CLIENTS)
        if set(hits.statuses) != {201}:
            raise NoNumber(f"{self.there} claimants: {hits.statuses}")
        self.used_tokens += claims
        self.release.granted += claims
        return sum(meter.spent_s().values())


def measure(bench: Bench, platform: Platform, sizes: list[int]) -> Iterator[tuple[str, float, str]]:
    """For each size what a claim costs, over a platform that stays at the smallest, in turns with it.

    Filling takes long enough for the machine to become another one; turns of a second do not.
    """
    sizes = sorted(sizes)
    citizens = len(sizes) * (CLAIMS + WARM_UP) + WARM_UP
    if bench.plan.citizens < citizens:
        raise NoNumber(f"CITIZENS: {citizens} at least")
    postgres = Postgres()
    try:
        small = Platform(data_dir() / "small", database="postgresql", postgres=postgres)
        with small.serving(citizens):
            reference = _opened(small, postgres, sizes)
            reference.grow(sizes[0])
            yield from _beside(_opened(platform, bench.postgres, sizes), reference, sizes)
            small.audit()
    finally:
        postgres.stop()


def _opened(platform: Platform, postgres: Postgres, sizes: list[int]) -> Grown:
    """A batch with a few real claims, the pattern for those that are made up."""
    release = platform.release(sizes[-1] + (len(sizes) + 1) * (CLAIMS + WARM_UP))
    wait_until(release.opens_at)
    grown = Grown(platform, postgres.address("platform"), release)
    grown.cost_s(WARM_UP)
    return grown


def _beside(growing: Grown, reference: Grown, sizes: list[int]) -> Iterator[tuple[str, float, str]]:
    ratios = []
    for size in sizes:
        growing.grow(size)
        sides, spent = (growing, reference), [0.0, 0.0]
        for side in sides:
            side.cost_s(WARM_UP)
        for turn in range(TURNS):
            side_no = (0, 1, 1, 0)[turn % 4]
            spent[side_no] += sides[side_no].cost_s(2 * CLAIMS // TURNS)
        yield f"P5_cost_at_{size}", spent[0] * 1e6 / CLAIMS, "µs of CPU a claim"
        yield f"P5_cost_beside_{size}", spent[1] * 1e6 / CLAIMS, f"the same at {sizes[0]}"
        ratios.append(spent[0] / spent[1])
    yield "P5", ratios[-1] / ratios[0], "ratio"
    exponent = slope(sizes, ratios)
    if exponent is not None:
        yield "P5_exponent", exponent, "slope on log–log"


def preload(address: str, platform: Platform, release: Release, there: int, size: int) -> None:
    """Claimants number `there` to `size`, set-wise into every table a claim writes; then the gate learns of them."""
    with psycopg.connect(address, autocommit=True) as connection:
        # Fifty million rows whose foreign keys are right by the way they are made; the audit looks at them afterwards.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
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
    own = {name: f"'{what}_' || lpad(n::text, 26, '0')" for name, what in named.items()}
    if "body" in columns:  # the stored answer shows the voucher
        own["body"] = f"replace(t.body, %(voucher)s, {own['object_id']})"
    values = [own.get(name, f"t.{name}") for name in columns]
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, (SELECT * FROM {table} WHERE {where}) t"
    )
