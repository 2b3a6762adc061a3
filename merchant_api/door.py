"""The till's door: the POS contract under `/merchant/v1`, every route of it."""

from merchant_api import (
    application_routes,
    approval_routes,
    event_routes,
    hold_routes,
    money_routes,
    office_routes,
    offline_routes,
    reservation_routes,
    statement_routes,
)
from merchant_api.routes import bp
from merchant_api.sandbox import routes as sandbox_routes

__all__ = [
    "application_routes",
    "approval_routes",
    "bp",
    "event_routes",
    "hold_routes",
    "money_routes",
    "office_routes",
    "offline_routes",
    "reservation_routes",
    "sandbox_routes",
    "statement_routes",
]
