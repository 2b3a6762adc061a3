"""A campaign as it runs: its stock, its counters, its opening by second. The page asks for itself every two seconds."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, current_app, make_response, render_template, request

from app import sql
from app.auth import ANY_STAFF, policy
from app.pages import language
from campaigns.console import cuts, numbers
from campaigns.console.frame import bp
from campaigns.opening import opening
from campaigns.statistics import etag
from campaigns.statistics_schemas import OpeningOut

COUNTERS = ("stock", "claimed", "available", "verified_vouchers", "subsidy_fen", "direct_fen")
OF_HOUR = ("verified_vouchers",)


@bp.get("/campaigns/<campaign_id>/live")
@policy(ANY_STAFF)
def show_live(campaign_id: str) -> Response:
    """304 to an `If-None-Match` as long as no figure has changed. `?part=1` is without the opening, which is followed
    by its own door.
    """
    is_part = "part" in request.args
    with sql.snapshot(of_much=False) as session:
        shown = numbers.read(session, campaign_id)
        known = _name(shown)
        if is_part and request.if_none_match.contains(known):
            return current_app.response_class(status=304, headers={"ETag": f'"{known}"'})
        opened = None if is_part else OpeningOut().dump(opening(session, campaign_id))
    answer = make_response(_page(shown, opened))
    answer.set_etag(known)
    return answer


def _name(shown: dict[str, Any]) -> str:
    """What tells whether this reader would see anything new."""
    return hashlib.sha256(f"{etag(shown)}{language.current()}".encode()).hexdigest()[:32]


def _page(shown: dict[str, Any], opened: dict[str, Any] | None) -> str:
    return render_template(
        "console/live.html",
        campaign=shown["campaign"],
        shown=shown,
        opened=opened,
        counters=COUNTERS,
        hours=cuts.by_hour(shown, OF_HOUR),
        places=[cuts.by_place(shown, name, "verified_vouchers") for name in ("area", "store")],
    )
