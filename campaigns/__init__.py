"""The organizer's door: `/organizer/v1`."""

from campaigns import (
    anchor_routes,
    book_routes,
    console,
    draft_routes,
    event_routes,
    key_routes,
    lottery_routes,
    merchant_routes,
    people_routes,
    standing_routes,
    statistics_routes,
    totp_routes,
)
from campaigns.desk import routes as desk_routes
from campaigns.exports import routes as export_routes
from campaigns.holds import routes as hold_routes
from campaigns.payouts import routes as payout_routes
from campaigns.routes import bp
from campaigns.targets import routes

__all__ = [
    "anchor_routes",
    "book_routes",
    "bp",
    "console",
    "desk_routes",
    "draft_routes",
    "event_routes",
    "export_routes",
    "hold_routes",
    "key_routes",
    "lottery_routes",
    "merchant_routes",
    "payout_routes",
    "people_routes",
    "routes",
    "standing_routes",
    "statistics_routes",
    "totp_routes",
]
