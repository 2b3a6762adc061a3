"""The doors of tills that go on without a network: the issuer's keys, an allowance, the upload."""

from __future__ import annotations

from typing import Any

from app import once
from app.ankang import issuer
from app.auth import PUBLIC, policy
from app.extensions import settings
from app.fields import Nothing
from app.vouchers import allowances
from app.vouchers.offline import upload
from merchant_api import offline_schemas as schemas
from merchant_api.routes import bp
from merchant_api.signature import TERMINAL, current_till


@bp.route("/issuer-keys", methods=["GET"])
@policy(PUBLIC)
@bp.response(200, schemas.IssuerKeysOut)
def list_issuer_keys() -> dict[str, Any]:
    """The public keys by which a till verifies `AK1:` codes and allowances; fetch them daily."""
    current = settings().current_epoch
    keys = [
        {
            "key_id": epoch,
            "algorithm": "Ed25519",
            "public_key": issuer.public_key(epoch).hex(),
            "current": epoch == current,
        }
        for epoch in settings().ankang_keys
    ]
    return {"items": keys}


@bp.route("/offline-allowances", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(Nothing)
@bp.response(201, schemas.AllowanceOut)
def create_allowance(_: dict[str, Any]) -> Any:
    """This terminal's signed allowance of today (离线额度)."""
    till = current_till()
    return once.rendered(allowances.give(till, once.named(till.terminal_id, "allowance")))


@bp.route("/offline-batches", methods=["POST"])
@policy(TERMINAL)
@bp.arguments(schemas.OfflineBatchIn)
@bp.response(200, schemas.OfflineBatchOut)
def create_offline_batch(asked: dict[str, Any]) -> Any:
    """Upload what was taken offline (离线补传): a final line for each intent; repeat the batch until it is answered."""
    till = current_till()
    return once.rendered(upload(till, asked["intents"], once.named(till.terminal_id, "offline_batch")))
