"""The job of holds."""

from campaigns.holds import scanning
from workers.context import app_context


def scan(campaign_id: str) -> str:
    """Hold what the rules of cash-out name. A second run finds nothing to do and says so."""
    with app_context():
        return scanning.scan(campaign_id)
