"""Notices at the citizen's door: the own ones, and the language they come in."""

from __future__ import annotations

from functools import partial
from typing import Any

from marshmallow import Schema, fields, validate

from app import once
from app.auth import CITIZEN, current_citizen, policy
from app.citizen.routes import bp
from app.domain.notice import LANGUAGES, NAME
from app.events.notices import inbox
from app.fields import Instant

IS_NAME = validate.Regexp(rf"^{NAME}\Z")


class LanguageIn(Schema):
    """Chinese or English."""

    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))


class LanguageOut(Schema):
    """The language in which notices come."""

    language = fields.String()


class NoticePageIn(Schema):
    """From which notice on, older ones; at most 100."""

    cursor = fields.String(validate=IS_NAME)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))


class NoticeOut(Schema):
    """One thing that happened. `kind`: claimed, won, lost, redeemed, refunded, expiring or expired."""

    notice_id = fields.String()
    kind = fields.String()
    at = Instant()
    is_read = fields.Boolean()
    text = fields.String()


class NoticesOut(Schema):
    """Newest first. `unread` is counted up to 100."""

    items = fields.List(fields.Nested(NoticeOut))
    unread = fields.Integer()
    next_cursor = fields.String(allow_none=True)


class ReadIn(Schema):
    """The newest notice that was seen."""

    upto = fields.String(required=True, validate=IS_NAME)


class ReadOut(Schema):
    """It and all before it are read."""

    upto = fields.String()


@bp.route("/language", methods=["GET"])
@policy(CITIZEN)
@bp.response(200, LanguageOut)
def show_language() -> dict[str, str]:
    """The language of the own notices."""
    return {"language": inbox.language_of(current_citizen().id)}


@bp.route("/language", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(LanguageIn)
@bp.response(200, LanguageOut)
def choose_language(asked: dict[str, str]) -> Any:
    """Get notices in this language from now on."""
    citizen_id = current_citizen().id
    work = partial(inbox.speak, citizen_id=citizen_id, language=asked["language"])
    return once.rendered(once.perform(once.named(citizen_id, "language"), work))


@bp.route("/notices", methods=["GET"])
@policy(CITIZEN)
@bp.arguments(NoticePageIn, location="query")
@bp.response(200, NoticesOut)
def list_notices(page: dict[str, Any]) -> dict[str, Any]:
    """What happened to the own vouchers and orders (消息)."""
    return inbox.page(current_citizen().id, page.get("cursor"), page["limit"])


@bp.route("/notices/read", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(ReadIn)
@bp.response(200, ReadOut)
def read_notices(asked: dict[str, str]) -> Any:
    """Mark notices as read, up to one of them."""
    citizen_id = current_citizen().id
    work = partial(inbox.read, citizen_id=citizen_id, upto=asked["upto"])
    return once.rendered(once.perform(once.named(citizen_id, "notices.read"), work))
