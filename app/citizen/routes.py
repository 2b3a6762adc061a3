"""The citizen's URL table: parse, call, render."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import auth, clock, once, sessions, sql
from app.ankang import apply, sms_code
from app.auth import CITIZEN, PHONE, PUBLIC, current_citizen, current_phone, policy
from app.citizen import displays, reads, schemas
from app.domain.refusals import Refusal, Refused
from app.doors import Door
from app.extensions import limiter
from app.fields import Nothing, PageIn
from app.vouchers import wallet
from app.vouchers.claim import claim

bp = Door("citizen", __name__, url_prefix="/api/v1", description="Citizens: the Ankang code and the wallet")


@bp.route("/otp", methods=["POST"])
@policy(PUBLIC)
@limiter.limit("10/minute;60/hour")
@bp.arguments(schemas.OtpIn)
@bp.response(202, schemas.OtpOut)
def send_otp(asked: dict[str, str]) -> dict[str, Any]:
    """Send a one-time SMS code to this phone."""
    expires_at = sms_code.send(asked["phone"])
    return {"sent": True, "expires_at": expires_at, "retry_after_s": sms_code.PAUSE_MS // 1000}


@bp.route("/sessions", methods=["POST"])
@policy(PUBLIC)
@limiter.limit("20/minute;100/hour")
@bp.arguments(schemas.SessionIn)
@bp.response(201, schemas.SessionOut)
def create_session(asked: dict[str, str]) -> dict[str, Any]:
    """Exchange the SMS code for a session."""
    sms_code.check(asked["phone"], asked["sms_code"])
    token, expires_at, has_applied = auth.phone_session(asked["phone"])
    return {"token": token, "expires_at": expires_at, "applied": has_applied}


@bp.route("/ankang-code", methods=["POST"])
@policy(PHONE)
@bp.arguments(schemas.ApplicationIn)
@bp.response(201, schemas.AppliedOut)
def apply_for_code(asked: dict[str, str]) -> Any:
    """Apply for an Ankang code (申领), once in a lifetime. The session goes on as the new citizen's."""
    applicant = apply.Applicant(asked["name"], asked["id_number"], current_phone())
    answer = apply.apply(applicant, once.named(auth.phone_caller(), "apply"))
    body, status, headers = once.rendered(answer)
    applied_at = clock.millis(datetime.fromisoformat(body["applied_at"]))  # a replay is the same answer
    token, expires_at = sessions.citizen_token(body["citizen_id"], applied_at)
    return {**body, "token": token, "expires_at": expires_at}, status, headers


@bp.route("/ankang-code", methods=["GET"])
@policy(CITIZEN)
@bp.response(200, schemas.CitizenOut)
def show_registration() -> dict[str, str]:
    """The own registration."""
    return apply.shown(current_citizen())


@bp.route("/ankang-code/displays", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(Nothing)
@bp.response(201, schemas.DisplayOut)
def display_code(_: dict[str, Any]) -> dict[str, Any]:
    """A fresh code (亮码). Every call makes a new one, so it takes no key."""
    shown, at = displays.display_code(current_citizen().id)
    return {**displays.drawn(shown), "displayed_at": at}


@bp.route("/ankang-code/scans", methods=["GET"])
@policy(CITIZEN)
@bp.arguments(PageIn, location="query")
@bp.response(200, schemas.ScansOut)
def list_scans(page: dict[str, Any]) -> dict[str, Any]:
    """Who scanned my code, when, why, with which result."""
    return reads.list_scans(current_citizen().id, page.get("cursor"), page["limit"])


@bp.route("/campaigns", methods=["GET"])
@policy(PUBLIC)
@bp.response(200, schemas.PublicCampaignsOut)
def list_campaigns() -> dict[str, Any]:
    """Campaigns with their batches and what is left."""
    return {"items": reads.public_campaigns(), "server_time": clock.now()}


@bp.route("/campaigns/<campaign_id>", methods=["GET"])
@policy(PUBLIC)
@bp.response(200, schemas.CampaignNowOut)
def show_campaign(campaign_id: str) -> dict[str, Any]:
    """One campaign."""
    found = reads.public_campaigns(campaign_id)
    if not found:
        raise Refused(Refusal.CAMPAIGN_NOT_FOUND)
    return {**found[0], "server_time": clock.now()}


@bp.route("/batches/<batch_id>/claims", methods=["POST"])
@policy(CITIZEN)
@bp.arguments(Nothing)
@bp.response(201, schemas.ClaimOut)
def create_claim(_: dict[str, Any], batch_id: str) -> Any:
    """Claim a voucher of this batch (领取)."""
    citizen_id = current_citizen().id
    return once.rendered(claim(citizen_id, batch_id, once.named(citizen_id, "claim")))


@bp.route("/claims/<key>", methods=["GET"])
@policy(CITIZEN)
@bp.response(200, schemas.ClaimOut)
def show_claim(key: str) -> dict[str, Any]:
    """What became of a claim whose reply was lost."""
    found = once.stored(current_citizen().id, "claim", key)
    if found is None:
        raise Refused(Refusal.CLAIM_NOT_FOUND)
    return found.body


@bp.route("/vouchers", methods=["GET"])
@policy(CITIZEN)
@bp.response(200, schemas.VouchersOut)
def list_vouchers() -> dict[str, Any]:
    """The wallet."""
    return {"items": wallet.list_vouchers(current_citizen().id)}


@bp.route("/vouchers/<voucher_id>", methods=["GET"])
@policy(CITIZEN)
@bp.response(200, schemas.HeldVoucherOut)
def show_voucher(voucher_id: str) -> dict[str, Any]:
    """One voucher of one's own; somebody else's is not found."""
    with sql.reading() as session:
        found = wallet.find_voucher(session, current_citizen().id, voucher_id)
    if found is None:
        raise Refused(Refusal.VOUCHER_NOT_FOUND)
    return found
