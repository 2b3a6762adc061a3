"""The job of webhooks."""

from app.events import delivery
from workers.context import app_context


def deliver(webhook_id: str) -> str:
    """Send a webhook what is due. A second run finds nothing to do and says so."""
    with app_context():
        return delivery.deliver(webhook_id)
