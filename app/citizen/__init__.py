"""The citizen's door: `/api/v1`."""

from app.citizen.routes import bp

__all__ = ["bp"]
