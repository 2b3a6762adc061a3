"""What organizers send and get when they review merchants. Unknown fields are refused."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from app.domain.application import State
from app.domain.payout_hold import AccountState
from app.fields import PageIn, Text, Whole
from app.merchants.shapes import ApplicationBriefOut, BankAccountOut, DocumentOut


class ApplicationsIn(PageIn):
    """Which applications."""

    state = fields.String(validate=validate.OneOf([state.value for state in State]))


class ReviewIn(Schema):
    """Which submission this is about, as it was looked at, and why."""

    submission = Whole(required=True, validate=validate.Range(1, 1000))
    reason = Text(required=True, most=200)


class ApplicationPageOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(ApplicationBriefOut))
    next_cursor = fields.String(allow_none=True)


class ReviewEventOut(Schema):
    """One act on one submission; the actor is null for the applicant."""

    at = fields.String()
    act = fields.String()
    submission = fields.Integer()
    actor_id = fields.String(allow_none=True)
    reason = fields.String()


class ReviewedApplicationOut(ApplicationBriefOut):
    """All that was handed in, in the clear: the look itself is in the audit log."""

    contact_name = fields.String()
    phone = fields.String()
    bank_name = fields.String()
    account_name = fields.String()
    account_number = fields.String()
    documents = fields.List(fields.Nested(DocumentOut))
    history = fields.List(fields.Nested(ReviewEventOut))


class BankAccountsIn(PageIn):
    """Which versions."""

    state = fields.String(validate=validate.OneOf([state.value for state in AccountState]))


class BankReasonIn(Schema):
    """By what it was verified, or why it was not."""

    reason = Text(required=True, most=200)


class BankAccountPageOut(Schema):
    """Newest first."""

    items = fields.List(fields.Nested(BankAccountOut))
    next_cursor = fields.String(allow_none=True)


class OpenedBankAccountOut(BankAccountOut):
    """In the clear: the look itself is in the audit log."""

    merchant = fields.String()
    account_name = fields.String()
    account_number = fields.String()
