"""The job of exports."""

from campaigns.exports import files
from workers.context import app_context


def write(export_id: str) -> str:
    """Write the file of an export. A second run finds nothing to do and says so."""
    with app_context():
        return files.write(export_id)
