"""The citizen's door to vouchers without a network."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app import once
from app.auth import CITIZEN, current_citizen, policy
from app.citizen.routes import bp
from app.vouchers import credentials


class CredentialIn(Schema):
    """A voucher, and the public half of an Ed25519 key that never leaves the phone: 64 hexadecimal digits."""

    voucher_id = fields.String(required=True, validate=validate.Length(1, 40))
    public_key = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}\Z"))


class CredentialOut(Schema):
    """The first part of every code for this voucher: `AK1:`, this, and Base45 of the second and its signature."""

    voucher_id = fields.String()
    credential = fields.String()
    key_id = fields.Integer()
    valid_from = fields.String()
    valid_to = fields.String()


@bp.route("/ankang-code/credentials", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(CredentialIn)
@bp.response(201, CredentialOut)
def create_credential(asked: dict[str, str]) -> Any:
    """A credential (离线凭证) by which this phone shows one voucher without a network, for a day at the most."""
    citizen_id, key = current_citizen().id, bytes.fromhex(asked["public_key"])
    write = once.named(citizen_id, "credential")
    return once.rendered(credentials.issue(citizen_id, asked["voucher_id"], key, write))
