"""What happened, for the organizer's systems."""

from __future__ import annotations

from typing import Any

from app.auth import ANY_STAFF, ORGANIZER, TRAIL, policy
from app.events import door, feed, shapes, webhooks
from campaigns import acts
from campaigns.routes import bp


@bp.route("/events", methods=["GET"])
@policy(ANY_STAFF)
@bp.arguments(shapes.EventPageIn, location="query")
@bp.response(200, shapes.EventsOut)
def list_events(page: dict[str, Any]) -> dict[str, Any]:
    """Everything that happened, oldest first, from a cursor on without a gap."""
    return feed.page(None, page.get("cursor"), page["limit"])


door.add(door.For(bp, policy(TRAIL), policy(ORGANIZER), lambda: webhooks.ORGANIZER, acts.perform))
