"""What every page of the console stands in: its address, who looks, and where that person can go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, request

from app.models import Staff
from app.pages import face

bp = Blueprint("console_pages", __name__, url_prefix=face.CONSOLE.prefix)

READERS = ("organizer", "author", "approver", "finance", "auditor")
HELPERS = (*READERS, "support", "agent")


@dataclass(frozen=True)
class Entry:
    """One line of the menu: its text `console.menu.NAME`, its address below `/console/`, for whom, and its icon."""

    name: str
    path: str
    roles: tuple[str, ...]
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
        Entry("applications", "applications", READERS, "list"),
        Entry("accounts", "accounts", READERS, "bank"),
    ),
    "people": (
        Entry("citizens", "citizens", ("organizer", "support"), "user"),
        Entry("desk", "desk", ("agent",), "edit"),
    ),
    "money": (
        Entry("settlements", "settlements", READERS, "yuan"),
        Entry("holds", "holds", READERS, "shield"),
        Entry("returns", "returns", READERS, "bank"),
        Entry("exports", "exports", READERS, "download"),
        Entry("ledger", "ledger", READERS, "chart"),
    ),
    "trust": (
        Entry("audit", "audit", ("organizer", "auditor"), "search"),
        Entry("staff", "staff", ("organizer", "auditor"), "users"),
        Entry("anchors", "anchors", READERS, "shield"),
        Entry("webhooks", "webhooks", ("organizer", "auditor"), "bell"),
        Entry("factor", "factor", HELPERS, "lock"),
    ),
}


@bp.context_processor
def _frame() -> dict[str, Any]:
    """What `console/_layout.html` draws; nobody is there at the login."""
    me: Staff | None = g.get("staff")
    return {"me": me, "menu": _menu_of(me.role) if me else {}}


def _menu_of(role: str) -> dict[str, list[Entry]]:
    mine = {group: [entry for entry in entries if role in entry.roles] for group, entries in MENU.items()}
    return {group: entries for group, entries in mine.items() if entries}
