"""What happened to a merchant's orders and money, for its own systems."""

from __future__ import annotations

from typing import Any

from app.auth import OWNER, TREASURER, current_merchant_staff, policy
from app.events import door, feed, shapes
from merchant_api import acts
from merchant_api.routes import bp


@bp.route("/events", methods=["GET"])
@policy(TREASURER)
@bp.arguments(shapes.EventPageIn, location="query")
@bp.response(200, shapes.EventsOut)
def list_own_events(page: dict[str, Any]) -> dict[str, Any]:
    """What concerns the own merchant, oldest first, from a cursor on without a gap."""
    return feed.page(current_merchant_staff().merchant_id, page.get("cursor"), page["limit"])


door.add(
    door.For(bp, policy(OWNER), policy(OWNER), lambda: current_merchant_staff().merchant_id, acts.perform)
)
