"""The organizer's webhooks in the console: where events go, whether they arrive, and how to send one again."""

from __future__ import annotations

from flask import render_template

from app import sql
from app.auth import ORGANIZER, TRAIL, admits, current_staff, policy
from app.domain.event import Kind
from app.events import delivery, webhooks
from app.events.shapes import EventPageIn
from campaigns.console.asking import asked
from campaigns.console.frame import bp


@bp.get("/webhooks")
@policy(TRAIL)
def list_webhooks() -> str:
    """All of them."""
    with sql.reading() as session:
        found = webhooks.of_owner(session, webhooks.ORGANIZER)
    return render_template(
        "console/webhooks.html",
        webhooks=found,
        kinds=[kind.value for kind in Kind],
        may_write=admits(ORGANIZER, current_staff().role),
    )


@bp.get("/webhooks/<webhook_id>")
@policy(TRAIL)
def show_webhook(webhook_id: str) -> str:
    """One with its log of deliveries."""
    page = asked(EventPageIn)
    with sql.reading() as session:
        found = webhooks.shown(webhooks.find(session, webhooks.ORGANIZER, webhook_id))
    log = delivery.log(webhooks.ORGANIZER, webhook_id, page.get("cursor"), page["limit"])
    return render_template(
        "console/webhook.html",
        webhook=found,
        page=log,
        first="cursor" not in page,
        may_write=admits(ORGANIZER, current_staff().role),
    )
