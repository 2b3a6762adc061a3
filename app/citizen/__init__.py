"""The citizen's door: `/api/v1`."""

from app.citizen import hot_claims, hot_displays, lottery_routes, notice_routes, offline_routes, pages
from app.citizen.routes import bp

__all__ = ["bp", "hot_claims", "hot_displays", "lottery_routes", "notice_routes", "offline_routes", "pages"]
