"""Fields every door shares: money in fen, instants, plain text. They refuse what JSON lets slip through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app import clock
from app.domain.money import MAX_FEN

CONTROL = validate.Regexp(r"^[^\x00-\x1f\x7f]*\Z", error="Control characters are not allowed.")
ORDER_NO = validate.Regexp(
    r"^[A-Za-z0-9._-]{1,64}\Z", error="1 to 64 letters, digits, dots, dashes, underscores."
)


class Nothing(Schema):
    """An empty body."""


class PageIn(Schema):
    """Cursor pagination, at most 100 rows."""

    cursor = fields.String(validate=validate.Regexp(r"^[a-z0-9_]{1,40}\Z"))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))


class Whole(fields.Integer):
    """A whole JSON number: no strings, no booleans, no fractions; 3.0 is 3, as JSON Schema says."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise self.make_error("invalid")
        return super()._deserialize(int(value), attr, data, **kwargs)


class Fen(Whole):
    """An amount in fen, from `least` to a hundred million yuan."""

    def __init__(self, *, least: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, MAX_FEN), **kwargs)


class Text(fields.String):
    """Text for people: 1 to `most` characters, no control characters, not only blanks."""

    def __init__(self, *, most: int = 100, least: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(least, most), CONTROL], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).strip()


class Normalised(fields.String):
    """Text that a rule brings into its one form, or refuses by a ValueError that does not repeat it."""

    def __init__(self, rule: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rule = rule

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return self.rule(super()._deserialize(value, attr, data, **kwargs))
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Degrees(fields.Float):
    """Degrees of the map (WGS 84) at the edge, whole micro-degrees inside: a tenth of a metre."""

    def __init__(self, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(-most * 1_000_000, most * 1_000_000), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str | bool):
            raise self.make_error("invalid")
        return round(super()._deserialize(value, attr, data, **kwargs) * 1_000_000)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value / 1_000_000


class Instant(fields.Field[int]):
    """ISO 8601 with an offset at the edge, epoch milliseconds inside."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("Not an ISO 8601 instant.") from error
        if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
            raise ValidationError("An instant needs an offset, e.g. 2026-11-23T10:00:00+08:00.")
        return clock.millis(moment)

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else clock.iso(value)


class PublicLotteryOut(Schema):
    """A lottery as everybody sees it; null is what is not known yet (docs/lottery.md)."""

    state = fields.String()
    algorithm = fields.String()
    commitment = fields.String()
    public_value_name = fields.String()
    public_value = fields.String(allow_none=True)
    closed_at = fields.String(allow_none=True)
    places = fields.Integer(allow_none=True)
    registrants = fields.Integer(allow_none=True)
    list_sha256 = fields.String(allow_none=True)
    drawn_at = fields.String(allow_none=True)
    winners = fields.Integer(allow_none=True)
    seed = fields.String(allow_none=True)
    results = fields.String(allow_none=True)
