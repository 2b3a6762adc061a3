"""The page of notices: what happened to the own vouchers, the newest first."""

from __future__ import annotations

from flask import render_template, request

from app.auth import CITIZEN, current_citizen, policy
from app.citizen.notice_routes import NoticePageIn
from app.citizen.pages import bp
from app.events.notices import inbox

ON_A_PAGE = 20


@bp.get("/notices")
@policy(CITIZEN)
def show_notices() -> str:
    """A page of notices; the script marks them as read once they have been on the screen."""
    citizen_id, cursor = current_citizen().id, _cursor()
    return render_template(
        "citizen/notices.html",
        page=inbox.page(citizen_id, cursor, ON_A_PAGE),
        language=inbox.language_of(citizen_id),
        first=cursor is None,
    )


def _cursor() -> str | None:
    """The cursor of this page's address; a wrong one is the first page. A link may be old."""
    asked = request.args.get("cursor") or None
    return asked if asked and not NoticePageIn().validate({"cursor": asked}) else None
