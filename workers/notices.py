"""The job of notices."""

from app.events.notices import sending
from workers.context import app_context


def send() -> str:
    """Hand over what is due. A second run finds nothing to do and says so."""
    with app_context():
        return sending.send()
