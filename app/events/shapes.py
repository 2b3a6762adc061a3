"""The shapes of events, for every door that shows them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.domain.event import NAME, Kind
from app.domain.webhook import MOST_URL
from app.fields import Instant


class EventPageIn(Schema):
    """From where on, and at most how many. Without a cursor from the first event on."""

    cursor = fields.String(validate=validate.Regexp(rf"^{NAME}\Z"))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 100))


class EventOut(Schema):
    """Something that happened. `data` depends on `type`; a receiver ignores what it does not know."""

    event_id = fields.String()
    type = fields.String()
    at = fields.String()
    is_test = fields.Boolean()
    merchant_id = fields.String(allow_none=True)
    data = fields.Dict()


class EventsOut(Schema):
    """A page of the feed, oldest first. `next_cursor` is always there: keep it, and go on from it later."""

    items = fields.List(fields.Nested(EventOut))
    next_cursor = fields.String()
    has_more = fields.Boolean()


class WebhookIn(Schema):
    """Where events go, and which; all where no types are named."""

    url = fields.String(required=True, validate=validate.Length(1, MOST_URL))
    types = fields.List(
        fields.String(validate=validate.OneOf([kind.value for kind in Kind])),
        load_default=None,
        validate=validate.Length(1, len(Kind)),
    )


class WebhookOut(Schema):
    """A webhook: active, suspended by its owner, or disabled after it failed for five days."""

    webhook_id = fields.String()
    url = fields.String()
    types = fields.List(fields.String())
    status = fields.String()
    secret_no = fields.Integer()
    failing_since = fields.String(allow_none=True)
    created_at = fields.String()


class WebhookSecretOut(WebhookOut):
    """With its newest secret, which is shown in this answer and its repetitions only."""

    secret = fields.String()


class WebhooksOut(Schema):
    """All of them."""

    items = fields.List(fields.Nested(WebhookOut))


class DeliveryOut(Schema):
    """An event on its way: pending, delivered, or failed at last. `status` and `error` are of the last attempt."""

    event_id = fields.String()
    type = fields.String()
    state = fields.String()
    attempts = fields.Integer()
    status = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    last_at = Instant(allow_none=True)
    next_at = Instant(allow_none=True)
    delivered_at = Instant(allow_none=True)


class DeliveriesOut(Schema):
    """Newest event first."""

    items = fields.List(fields.Nested(DeliveryOut))
    next_cursor = fields.String(allow_none=True)


class ResentOut(Schema):
    """It is on its way again."""

    event_id = fields.String()
    state = fields.String()
