"""The settlement job."""

from campaigns.settlement import compute
from workers.context import app_context


def settle(settlement_id: str) -> str:
    """Compute the lines of an opened settlement batch. A second run finds nothing to do and says so."""
    with app_context():
        return compute(settlement_id)
