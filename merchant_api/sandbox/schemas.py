"""What goes into the sandbox and comes out of it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from app.fields import Whole
from merchant_api.sandbox import codes, customers, faults
from merchant_api.sandbox.customers import Wish
from merchant_api.sandbox.faults import Fault

ID = validate.Length(1, 40)


class SandboxBatchOut(Schema):
    """A batch whose vouchers are made up on demand."""

    batch_id = fields.String()
    name = fields.String()
    face_fen = fields.Integer()
    threshold_fen = fields.Integer()
    kind = fields.String()


class SandboxBatchesOut(Schema):
    """All of them."""

    items = fields.List(fields.Nested(SandboxBatchOut))


class SandboxWishIn(Schema):
    """One voucher: of which batch, and in which condition; `used` is redeemed at this terminal."""

    batch_id = fields.String(required=True, validate=ID)
    condition = fields.String(load_default="usable", validate=validate.OneOf(customers.CONDITIONS))

    @post_load
    def as_wish(self, data: dict[str, Any], **_: Any) -> Wish:
        """As a value."""
        return Wish(**data)


class SandboxCustomerIn(Schema):
    """A made-up customer."""

    condition = fields.String(load_default="active", validate=validate.OneOf(customers.STANDINGS))
    vouchers = fields.List(
        fields.Nested(SandboxWishIn), load_default=list, validate=validate.Length(0, customers.MOST_VOUCHERS)
    )


class SandboxCodeOut(Schema):
    """20 digits, as a customer would display them."""

    code = fields.String()


class SandboxCustomerOut(SandboxCodeOut):
    """Who it is, its vouchers in the order in which they were asked for, and a fresh code."""

    customer_id = fields.String()
    voucher_ids = fields.List(fields.String())


class SandboxCodeIn(Schema):
    """Another code of such a customer: `stale` is past its life, `consumed` was verified at another terminal."""

    customer_id = fields.String(required=True, validate=ID)
    condition = fields.String(load_default="fresh", validate=validate.OneOf(codes.CONDITIONS))


class SandboxFaultIn(Schema):
    """A refusal for the next `times` requests of this terminal for this operation.

    `before`: nothing is done. `after`: what was asked for is done, and this comes in place of the reply; only for codes
    that are not final.
    """

    operation = fields.String(required=True, validate=validate.OneOf(list(faults.OPERATIONS.values())))
    code = fields.String(required=True, validate=validate.OneOf(faults.CODES))
    times = Whole(load_default=1, validate=validate.Range(1, faults.MOST_TIMES))
    when = fields.String(load_default="before", validate=validate.OneOf(["before", "after"]))

    @validates_schema
    def not_final(self, data: dict[str, Any], **_: Any) -> None:
        """A final answer in place of a lost reply would be a lie."""
        if data["when"] == "after" and data["code"] not in faults.NOT_FINAL:
            raise ValidationError("Only a code that is not final comes after the deed.", "when")

    @post_load
    def as_fault(self, data: dict[str, Any], **_: Any) -> Fault:
        """As a value."""
        return Fault(**data)


class SandboxFaultOut(Schema):
    """A fault that is armed."""

    fault_id = fields.String()
    operation = fields.String()
    code = fields.String()
    times = fields.Integer()
    when = fields.String()
