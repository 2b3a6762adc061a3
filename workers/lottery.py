"""The lottery job."""

from campaigns import lottery_run
from workers.context import app_context


def run(batch_id: str) -> str:
    """Close, freeze, draw and issue, whatever is due. A second run finds nothing to do and says so."""
    with app_context():
        return lottery_run.run(batch_id)
