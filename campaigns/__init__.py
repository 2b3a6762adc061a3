"""The organizer's door: `/organizer/v1`."""

from campaigns import book_routes, key_routes, lottery_routes, merchant_routes, standing_routes
from campaigns.routes import bp
from campaigns.targets import routes

__all__ = [
    "book_routes",
    "bp",
    "key_routes",
    "lottery_routes",
    "merchant_routes",
    "routes",
    "standing_routes",
]
