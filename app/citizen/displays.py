"""Citizens of one process who show their codes at the same time share one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app import auth, clock
from app.ankang import display
from app.citizen.symbols import barcode_svg, qr_svg
from app.domain.ankang_code import Displayed
from app.domain.refusals import Refused
from app.vouchers import commit

Shown = tuple[Displayed, int]
"""A code, and the instant it was displayed at (epoch ms)."""


def display_code(citizen_id: str) -> Shown:
    """A fresh code for this citizen. Raises Refused(NOT_SIGNED_IN, CITIZEN_SUSPENDED)."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return lane(app).run(citizen_id)


def drawn(shown: Displayed) -> dict[str, Any]:
    """A code as digits and both symbols, and its instants, as the door tells them."""
    return {
        "code": shown.digits,
        "qr_svg": qr_svg(shown.digits),
        "barcode_svg": barcode_svg(shown.digits),
        "refresh_at": shown.refresh_at_ms,
        "expires_at": shown.expires_at_ms,
    }


def lane(app: Flask) -> commit.Lane[str, Shown]:
    """This process's."""
    return commit.lane(app, "display", _serve, _apart)


def _apart(_: str) -> frozenset[str]:
    """Nobody stands in another's way: every display is a row of its own."""
    return frozenset()


def _serve(citizen_ids: list[str]) -> Sequence[Shown | Exception]:
    return commit.together(citizen_ids, _decide)


def _decide(session: Session, citizen_ids: Sequence[str]) -> list[Shown | Refused]:
    """Who may not show a code gets a refusal: asked here, in the transaction, since a session is all the door knows."""
    refused = auth.refused_citizens(session, citizen_ids)
    at, allowed = clock.now(), [each for each in citizen_ids if each not in refused]
    shown = iter(display.display(session, allowed, at) if allowed else [])
    return [refused[each] if each in refused else (next(shown), at) for each in citizen_ids]
