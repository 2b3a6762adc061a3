"""What a notice says of an event: from the event, and names that everybody knows. Nothing about the person is in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import clock, sql
from app.domain import event
from app.domain.notice import Kind

Body = Mapping[str, Any]
BATCHES = sql.SetWise("SELECT b.id, b.name FROM batch b JOIN {items} ON b.id = item.id", id="text")
SHOPS = sql.SetWise(
    "SELECT s.id, m.name || ' ' || s.name AS name FROM {items} JOIN store s ON s.id = item.id"
    " JOIN merchant m ON m.id = s.merchant_id",
    id="text",
)
REGISTERED = text(
    "SELECT r.number, r.citizen_id, r.rank, z.language FROM registration r JOIN citizen z ON z.id = r.citizen_id"
    " WHERE r.batch_id = :batch_id AND r.number > :within ORDER BY r.number LIMIT :most"
)


def _voucher(body: Body, names: Mapping[str, str]) -> dict[str, Any]:
    valid_to = clock.millis(datetime.fromisoformat(body["valid_to"]))
    return {"name": names[body["batch_id"]], "face_fen": body["face_fen"], "valid_to": valid_to}


def _redeemed(body: Body, names: Mapping[str, str]) -> dict[str, Any]:
    paid = {"subsidy_fen": body["subsidy_fen"], "pays_fen": body["customer_pays_fen"]}
    return {"shop": names[body["store_id"]], **paid}


def _refunded(body: Body, names: Mapping[str, str]) -> dict[str, Any]:
    back = {"subsidy_fen": body["subsidy_returned_fen"], "gets_fen": body["customer_gets_fen"]}
    return {"shop": names[body["store_id"]], **back}


# The events that one person is told of, each as what, and how.
OF_ONE: Mapping[str, tuple[Kind, Callable[[Body, Mapping[str, str]], dict[str, Any]]]] = {
    event.Kind.CLAIMED: (Kind.CLAIMED, _voucher),
    event.Kind.REDEEMED: (Kind.REDEEMED, _redeemed),
    event.Kind.REFUNDED: (Kind.REFUNDED, _refunded),
    event.Kind.REVERSED: (Kind.REFUNDED, _refunded),
    event.Kind.EXPIRING: (Kind.EXPIRING, _voucher),
    event.Kind.EXPIRED: (Kind.EXPIRED, _voucher),
}


def of_one(session: Session, told: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """A notice for each of these events that calls for one; nobody is told of what is a test."""
    calling = [(each, json.loads(each.body)) for each in told if each.kind in OF_ONE and not each.is_test]
    names = _names(session, BATCHES, {body["batch_id"] for _, body in calling if "batch_id" in body})
    names |= _names(session, SHOPS, {body["store_id"] for _, body in calling if "store_id" in body})
    notices = []
    for each, body in calling:
        kind, facts = OF_ONE[each.kind]
        notices.append(_notice(each, 0, each.citizen_id, kind, each.language, facts(body, names)))
    return notices


def of_draw(session: Session, drawn: Row[Any], within: int, most: int) -> list[dict[str, Any]]:
    """The notices of a draw to the next who registered, behind the number `within`; none where it is a test."""
    if drawn.is_test:
        return []
    body = json.loads(drawn.body)
    name = _names(session, BATCHES, {body["batch_id"]})[body["batch_id"]]
    asked = {"batch_id": body["batch_id"], "within": within, "most": most}
    return [
        _notice(
            drawn,
            row.number,
            row.citizen_id,
            Kind.LOST if row.rank is None else Kind.WON,
            row.language,
            {"name": name},
        )
        for row in session.execute(REGISTERED, asked)
    ]


def _names(session: Session, of: sql.SetWise, ids: set[str]) -> dict[str, str]:
    return {row.id: row.name for row in of.run(session, [{"id": each} for each in sorted(ids)])}


def _notice(
    told: Row[Any], person_no: int, citizen_id: str, kind: Kind, language: str, facts: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "event_no": told.no,
        "person_no": person_no,
        "citizen_id": citizen_id,
        "kind": kind,
        "language": language,
        "facts": json.dumps(facts, ensure_ascii=False),
        "at": told.at,
    }
