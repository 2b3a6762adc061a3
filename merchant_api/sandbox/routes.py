"""The sandbox's doors: batches, customers, codes, faults."""

from __future__ import annotations

from typing import Any

from app import once
from app.auth import policy
from merchant_api.routes import bp
from merchant_api.sandbox import codes, customers, faults, schemas
from merchant_api.sandbox.door import TEST_TERMINAL
from merchant_api.sandbox.faults import Fault
from merchant_api.signature import current_till

bp.before_request(faults.before)
bp.after_request(faults.after)


@bp.route("/sandbox/batches", methods=["GET"])
@policy(TEST_TERMINAL)
@bp.response(200, schemas.SandboxBatchesOut)
def list_sandbox_batches() -> dict[str, Any]:
    """The test batches whose vouchers are made up on demand (沙盒)."""
    return {"items": customers.list_batches()}


@bp.route("/sandbox/customers", methods=["POST"])
@policy(TEST_TERMINAL)
@bp.arguments(schemas.SandboxCustomerIn)
@bp.response(201, schemas.SandboxCustomerOut)
def create_sandbox_customer(asked: dict[str, Any]) -> Any:
    """Make up a customer with test vouchers (沙盒居民)."""
    till = current_till()
    write = once.named(till.terminal_id, "sandbox_customer")
    return once.rendered(customers.make(till, asked["condition"], asked["vouchers"], write))


@bp.route("/sandbox/codes", methods=["POST"])
@policy(TEST_TERMINAL)
@bp.arguments(schemas.SandboxCodeIn)
@bp.response(201, schemas.SandboxCodeOut)
def create_sandbox_code(asked: dict[str, Any]) -> Any:
    """Another code of a made-up customer (沙盒亮码)."""
    till = current_till()
    write = once.named(till.terminal_id, "sandbox_code")
    return once.rendered(codes.make(till, asked["customer_id"], asked["condition"], write))


@bp.route("/sandbox/faults", methods=["POST"])
@policy(TEST_TERMINAL)
@bp.arguments(schemas.SandboxFaultIn)
@bp.response(201, schemas.SandboxFaultOut)
def create_sandbox_fault(fault: Fault) -> Any:
    """Force a refusal upon the next requests of this terminal (沙盒故障)."""
    till = current_till()
    return once.rendered(faults.arm(till, fault, once.named(till.terminal_id, "sandbox_fault")))
