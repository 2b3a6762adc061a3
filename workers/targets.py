"""The job of targeted lists."""

from campaigns.targets import lists
from workers.context import app_context


def work(list_id: str) -> str:
    """Check an uploaded list, or issue a released one. A second run finds nothing to do and says so."""
    with app_context():
        return lists.work(list_id)
