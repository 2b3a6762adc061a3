"""What every page of the console stands in: its address, who looks, and where that person can go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, request

from app.auth import ANY_STAFF, DESK, HELP_DESK, HELPERS, TRAIL, Policy, admits
from app.models import Staff
from app.pages import face

bp = Blueprint("console_pages", __name__, url_prefix=face.CONSOLE.prefix)


@dataclass(frozen=True)
class Entry:
    """A line of the menu: its text `console.menu.NAME`, its address below `/console/`, its page's policy, and icon."""

    name: str
    path: str
    policy: Policy
    icon: str

    @property
    def href(self) -> str:
        """The address."""
        return f"{face.CONSOLE.home}{self.path}"

    @property
    def is_here(self) -> bool:
        """The page that is being drawn belongs to this line."""
        return request.path == self.href if not self.path else request.path.startswith(self.href)


# Groups have their texts in `console.group`.
MENU: dict[str, tuple[Entry, ...]] = {
    "work": (Entry("home", "", HELPERS, "home"), Entry("campaigns", "campaigns", HELPERS, "ticket")),
    "shops": (
        Entry("merchants", "merchants", HELPERS, "store"),
        Entry("applications", "applications", ANY_STAFF, "list"),
        Entry("accounts", "accounts", ANY_STAFF, "bank"),
    ),
    "people": (
        Entry("citizens", "citizens", HELP_DESK, "user"),
        Entry("desk", "desk", DESK, "edit"),
    ),
    "money": (
        Entry("settlements", "settlements", ANY_STAFF, "yuan"),
        Entry("holds", "holds", ANY_STAFF, "shield"),
        Entry("returns", "returns", ANY_STAFF, "bank"),
        Entry("exports", "exports", ANY_STAFF, "download"),
        Entry("ledger", "ledger", ANY_STAFF, "chart"),
    ),
    "trust": (
        Entry("audit", "audit", TRAIL, "search"),
        Entry("staff", "staff", TRAIL, "users"),
        Entry("anchors", "anchors", ANY_STAFF, "shield"),
        Entry("webhooks", "webhooks", TRAIL, "bell"),
        Entry("factor", "factor", HELPERS, "lock"),
    ),
}


@bp.context_processor
def _frame() -> dict[str, Any]:
    """What `console/_layout.html` draws; nobody is there at the login."""
    me: Staff | None = g.get("staff")
    return {"me": me, "menu": _menu_of(me.role) if me else {}}


def _menu_of(role: str) -> dict[str, list[Entry]]:
    mine = {
        group: [entry for entry in entries if admits(entry.policy, role)] for group, entries in MENU.items()
    }
    return {group: entries for group, entries in mine.items() if entries}
