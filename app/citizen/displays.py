"""Citizens of one process who show their codes at the same time share one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app import clock
from app.ankang import display
from app.domain.ankang_code import Displayed
from app.vouchers import commit

Shown = tuple[Displayed, int]


def display_code(citizen_id: str) -> Shown:
    """A fresh code for this citizen, and the instant it was displayed at (epoch ms)."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return commit.lane(app, "display", _serve, _apart).run(citizen_id)


def _apart(_: str) -> frozenset[str]:
    """Nobody stands in another's way: every display is a row of its own."""
    return frozenset()


def _serve(citizen_ids: list[str]) -> Sequence[Shown | Exception]:
    return commit.together(citizen_ids, _decide)


def _decide(session: Session, citizen_ids: Sequence[str]) -> list[Shown]:
    at = clock.now()
    return [(shown, at) for shown in display.display(session, citizen_ids, at)]
