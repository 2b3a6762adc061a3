"""The citizen's door: `/api/v1`."""

from app.citizen import lottery_routes
from app.citizen.routes import bp

__all__ = ["bp", "lottery_routes"]
