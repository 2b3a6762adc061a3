"""The citizen's door: `/api/v1`, and its pages."""

from app.citizen import (
    hot_claims,
    hot_displays,
    lottery_routes,
    more_routes,
    notice_routes,
    offline_routes,
    pages,
    pages_notices,
    pages_offers,
    pages_stores,
    pages_wallet,
)
from app.citizen.routes import bp

__all__ = [
    "bp",
    "hot_claims",
    "hot_displays",
    "lottery_routes",
    "more_routes",
    "notice_routes",
    "offline_routes",
    "pages",
    "pages_notices",
    "pages_offers",
    "pages_stores",
    "pages_wallet",
]
