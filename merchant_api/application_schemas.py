"""What applicants send and get. Unknown fields are refused."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.ankang.identity import normalise_name
from app.fields import Normalised, Text, Whole
from app.merchants.numbers import normalise_account_number, normalise_credit_code
from app.merchants.papers import Document, Papers
from app.merchants.shapes import ApplicationBriefOut, DocumentOut

NEEDED = "business_licence"
KINDS = (NEEDED, "contact_id", "account_proof", "other")
MOST_BYTES = 20 * 1024 * 1024


class DocumentIn(Schema):
    """A file's metadata: what it is, its name, its size and its SHA-256 in lower-case hexadecimal digits."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    file_name = Text(required=True, most=120)
    size_bytes = Whole(required=True, validate=validate.Range(1, MOST_BYTES))
    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))

    @post_load
    def as_document(self, data: dict[str, Any], **_: Any) -> Document:
        """As a value."""
        return Document(**data)


class BankAccountIn(Schema):
    """Where the money goes; `account_name` is whose account it is."""

    bank_name = Text(required=True)
    account_name = Text(required=True)
    account_number = Normalised(normalise_account_number, required=True)


class PapersIn(BankAccountIn):
    """Everything a merchant hands in; the contact's phone is the session's."""

    name = Text(required=True)
    credit_code = Normalised(normalise_credit_code, required=True)
    contact_name = Normalised(normalise_name, required=True)
    documents = fields.List(fields.Nested(DocumentIn), required=True, validate=validate.Length(1, 10))

    @validates_schema
    def with_licence(self, data: dict[str, Any], **_: Any) -> None:
        """Nobody is approved without a business licence."""
        if all(document.kind != NEEDED for document in data["documents"]):
            raise ValidationError(f"A {NEEDED} is needed.", "documents")

    @post_load
    def as_papers(self, data: dict[str, Any], **_: Any) -> Papers:
        """As a value."""
        return Papers(**data)


class ApplicationsOut(Schema):
    """The own applications, newest first."""

    items = fields.List(fields.Nested(ApplicationBriefOut))


class ApplicationEventOut(Schema):
    """One act on one submission, and why."""

    at = fields.String()
    act = fields.String()
    submission = fields.Integer()
    reason = fields.String()


class ApplicationOut(ApplicationBriefOut):
    """All that was handed in, and its history."""

    contact_name = fields.String()
    phone = fields.String()
    bank_name = fields.String()
    account_name = fields.String()
    account_number = fields.String()
    documents = fields.List(fields.Nested(DocumentOut))
    history = fields.List(fields.Nested(ApplicationEventOut))
