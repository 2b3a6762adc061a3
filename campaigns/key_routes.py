"""The organizer's doors of terminal keys; handing one out stands with the terminals in `routes.py`."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from app import once, sql
from app.auth import HELPERS, ORGANIZER, policy
from app.fields import Instant
from campaigns import acts, keys
from campaigns.routes import bp
from campaigns.schemas import ReasonIn


class RevokedKeyOut(Schema):
    """A key that signs nothing any more."""

    key_id = fields.String()
    terminal_id = fields.String()
    status = fields.String()


class TerminalKeyOut(RevokedKeyOut):
    """A key without its secret; `expires_at` is when a rotated one ends, null for one that goes on."""

    created_at = Instant()
    expires_at = Instant(allow_none=True)


class TerminalKeysOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(TerminalKeyOut))


@bp.route("/terminals/<terminal_id>/keys", methods=["GET"])
@policy(HELPERS)
@bp.response(200, TerminalKeysOut)
def list_keys(terminal_id: str) -> dict[str, Any]:
    """The keys of a terminal."""
    with sql.reading() as session:
        return {"items": keys.of_terminal(session, terminal_id)}


@bp.route("/terminal-keys/<key_id>/revocations", methods=["POST"])
@policy(ORGANIZER)
@bp.arguments(ReasonIn)
@bp.response(200, RevokedKeyOut)
def revoke_key(asked: dict[str, str], key_id: str) -> Any:
    """Revoke a key: from this answer on it signs nothing, in no process."""
    return once.rendered(
        acts.perform("key.revoke", key_id, lambda session: keys.revoke(session, key_id), asked["reason"])
    )
