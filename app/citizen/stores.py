"""Where vouchers can be spent: stores by area, trade, words, batch and distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, isqrt, radians
from typing import Any

from sqlalchemy import text

from app import sql
from app.domain.refusals import Refusal, Refused
from app.models import Batch
from app.vouchers import terms

METRES_A_DEGREE = 111_195
FAR = 9 * 10**15
"""Squared metres of a store that nobody has placed yet: behind every other one."""
# Whole numbers on both databases, for the cursor of "nearest first" must be exact: squared metres on a flat map, which
# within a city is right to a metre in a kilometre.
APART = (
    "COALESCE(((s.lat_e6 - :lat) * 111195 / 1000000) * ((s.lat_e6 - :lat) * 111195 / 1000000)"
    f" + ((s.lon_e6 - :lon) * :lon_m / 1000000) * ((s.lon_e6 - :lon) * :lon_m / 1000000), {FAR})"
)
STORES = (
    "SELECT * FROM (SELECT s.id AS store_id, s.name, s.area, s.address, s.lat_e6, s.lon_e6, m.name AS merchant,"
    " m.category, {apart} AS apart FROM store s JOIN merchant m ON m.id = s.merchant_id"
    " WHERE s.status = 'active' AND m.status = 'active'{wanted}) AS found{older} ORDER BY apart, store_id LIMIT :limit"
)
AREAS = text(
    "SELECT s.area, COUNT(*) AS stores FROM store s JOIN merchant m ON m.id = s.merchant_id"
    " WHERE s.status = 'active' AND m.status = 'active' GROUP BY s.area ORDER BY COUNT(*) DESC, s.area LIMIT 100"
)
CATEGORIES = text(
    "SELECT DISTINCT category FROM merchant WHERE status = 'active' AND category <> '' ORDER BY category LIMIT 100"
)


@dataclass(frozen=True)
class Point:
    """A place on the map in micro-degrees (WGS 84)."""

    lat_e6: int
    lon_e6: int


def point_of(said: str) -> Point:
    """`30.508,117.043` as degrees north and east. Raises ValueError where that is no place."""
    north, east = (float(part) for part in said.split(","))
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        raise ValueError("degrees north and east, a comma between")
    return Point(round(north * 1_000_000), round(east * 1_000_000))


@dataclass(frozen=True)
class Wanted:
    """What is looked for; what is empty does not limit. With `near` the nearest come first."""

    area: str = ""
    category: str = ""
    words: str = ""
    batch_id: str = ""
    near: Point | None = None

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Wanted:
        """What an address asks for, checked."""
        return cls(asked["area"], asked["category"], asked["q"], asked["batch_id"], asked["near"])


def find(wanted: Wanted, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of open stores, with distances in metres where both places are known. Raises Refused(BATCH_NOT_FOUND)."""
    near = wanted.near
    parts, values = _parts(wanted)
    if near is not None:
        lon_m = round(METRES_A_DEGREE * cos(radians(near.lat_e6 / 1_000_000)))
        values |= {"lat": near.lat_e6, "lon": near.lon_e6, "lon_m": lon_m}
    older = ""
    if cursor is not None:
        apart, _, store_id = cursor.partition("_")
        older = " WHERE apart > :apart OR (apart = :apart AND store_id > :after)"
        values |= {"apart": int(apart), "after": store_id}
    statement = STORES.format(apart=APART if near else "0", wanted="".join(parts), older=older)
    with sql.reading() as session:
        rows = session.execute(text(statement), values | {"limit": limit + 1}).mappings().all()
    last = rows[limit - 1] if len(rows) > limit else None
    items = [{**row, "distance_m": _metres(row) if near else None} for row in rows[:limit]]
    return {"items": items, "next_cursor": f"{last['apart']}_{last['store_id']}" if last else None}


def areas() -> list[dict[str, Any]]:
    """The areas with open stores and how many, most first."""
    with sql.reading() as session:
        return [dict(row._mapping) for row in session.execute(AREAS)]


def categories() -> list[str]:
    """The trades of active merchants."""
    with sql.reading() as session:
        return list(session.scalars(CATEGORIES))


def _metres(row: Any) -> int | None:
    return None if row["apart"] >= FAR else isqrt(row["apart"])


def _parts(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    parts, values = _of_batch(wanted.batch_id) if wanted.batch_id else ([], {})
    if wanted.area:
        parts.append(" AND s.area = :area")
    if wanted.category:
        parts.append(" AND m.category = :category")
    if wanted.words:
        parts.append(
            " AND (s.name LIKE :words ESCAPE '!' OR m.name LIKE :words ESCAPE '!' OR s.address LIKE :words ESCAPE '!')"
        )
        values["words"] = f"%{_literal(wanted.words)}%"
    return parts, values | {"area": wanted.area, "category": wanted.category}


def _literal(words: str) -> str:
    """What a person typed has no wildcards."""
    for sign in "!%_":
        words = words.replace(sign, f"!{sign}")
    return words


def _of_batch(batch_id: str) -> tuple[list[str], dict[str, Any]]:
    """Only where the batch's own terms let it be spent."""
    with sql.reading() as session:
        batch = session.get(Batch, batch_id)
    if batch is None:
        raise Refused(Refusal.BATCH_NOT_FOUND)
    limits = terms.of_row(batch)
    parts: list[str] = []
    values: dict[str, Any] = {}
    for column, names in (("s.area", limits.areas), ("m.category", limits.categories)):
        if names is not None:
            places = {f"{column[2:]}_{n}": name for n, name in enumerate(names)}
            parts.append(f" AND {column} IN ({', '.join(f':{place}' for place in places)})")
            values |= places
    if limits.merchants:
        parts.append(
            " AND EXISTS (SELECT 1 FROM batch_merchant b WHERE b.batch_id = :batch_id AND b.merchant_id = m.id)"
        )
        values["batch_id"] = batch_id
    return parts, values
