"""The organizer's URL table: parse, call, render."""

from __future__ import annotations

from typing import Any

from app import once, queue, sessions, sql, terminal_keys, totp
from app.auth import (
    ANY_STAFF,
    APPROVER,
    AUTHOR,
    HELPERS,
    MONEY,
    ORGANIZER,
    PAYMASTER,
    PUBLIC,
    WARDEN,
    Policy,
    current_staff,
    policy,
)
from app.domain.campaign import Act
from app.doors import Door
from app.extensions import limiter
from app.fields import Nothing
from app.merchants import places, shapes
from campaigns import acts, batch_schemas, listing, manage, schemas, settlement, totp_schemas

bp = Door(
    "organizer", __name__, url_prefix="/organizer/v1", description="Organizers: campaigns, money, numbers"
)

STATE_DOORS = (
    ("submissions", Act.SUBMIT, AUTHOR, "Submit a draft for review; linted."),
    (
        "approvals",
        Act.APPROVE,
        APPROVER,
        "Approve, as a second person: the budget is funded and the campaign opens by the clock.",
    ),
    ("rejections", Act.REJECT, APPROVER, "Send back to draft."),
    ("pause", Act.PAUSE, AUTHOR, "Stop claims; issued vouchers stay good."),
    ("resume", Act.RESUME, AUTHOR, "Claims go on."),
    ("close", Act.CLOSE, AUTHOR, "End the campaign."),
)


@bp.route("/sessions", methods=["POST"])
@policy(PUBLIC)
@limiter.limit("30/minute")
@bp.arguments(totp_schemas.StaffSignInIn)
@bp.response(201, schemas.SignInOut)
def create_session(asked: dict[str, str]) -> dict[str, Any]:
    """Sign in; `totp_required` where the code of an authenticator is missing."""
    staff, proved_at = totp.sign_in(asked["login"], asked["password"], asked.get("totp"))
    token, expires_at = sessions.staff_token(staff.id, proved_at=proved_at)
    return {"token": token, "role": staff.role, "name": staff.name, "expires_at": expires_at}


@bp.route("/campaigns", methods=["POST"])
@policy(AUTHOR)
@bp.arguments(schemas.CampaignIn)
@bp.response(201, schemas.CampaignOut)
def create_campaign(terms: dict[str, Any]) -> Any:
    """A draft, invisible to the public."""
    author = current_staff().id
    answer = acts.perform(
        "campaign.create", "", lambda session: manage.create_campaign(session, terms, author)
    )
    return once.rendered(answer)


@bp.route("/campaigns", methods=["GET"])
@policy(HELPERS)
@bp.response(200, schemas.CampaignsOut)
def list_campaigns() -> dict[str, Any]:
    """The latest hundred campaigns."""
    with sql.reading() as session:
        return {"items": listing.latest(session)}


@bp.route("/campaigns/<campaign_id>", methods=["GET"])
@policy(HELPERS)
@bp.response(200, schemas.CampaignOut)
def show_campaign(campaign_id: str) -> dict[str, Any]:
    """One campaign."""
    with sql.reading() as session:
        return manage.shown(session, manage.find_campaign(session, campaign_id))


@bp.route("/campaigns/<campaign_id>", methods=["PATCH"])
@policy(AUTHOR)
@bp.arguments(schemas.CampaignEditIn)
@bp.response(200, schemas.CampaignOut)
def edit_campaign(changes: dict[str, Any], campaign_id: str) -> Any:
    """Change a draft's name or budget."""
    answer = acts.perform(
        "campaign.edit", campaign_id, lambda session: manage.edit_campaign(session, campaign_id, changes)
    )
    return once.rendered(answer)


@bp.route("/campaigns/<campaign_id>/batches", methods=["POST"])
@policy(AUTHOR)
@bp.arguments(batch_schemas.BatchIn)
@bp.response(201, batch_schemas.BatchOut)
def create_batch(terms: dict[str, Any], campaign_id: str) -> Any:
    """A batch of a draft; refused with one entry per fault, and then nothing is created."""
    answer = acts.perform(
        "batch.create", campaign_id, lambda session: manage.create_batch(session, campaign_id, terms)
    )
    return once.rendered(answer)


@bp.route("/batches/<batch_id>", methods=["PATCH"])
@policy(AUTHOR)
@bp.arguments(batch_schemas.BatchEditIn)
@bp.response(200, batch_schemas.BatchOut)
def edit_batch(changes: dict[str, Any], batch_id: str) -> Any:
    """Change anything of a draft's batch; once approved its stock: up within the budget, never below the claimed."""
    answer = acts.perform(
        "batch.edit", batch_id, lambda session: manage.edit_batch(session, batch_id, changes)
    )
    manage.open_gate(batch_id)
    return once.rendered(answer)


@bp.route("/campaigns/<campaign_id>/lint", methods=["POST"])
@policy(ANY_STAFF)
@bp.arguments(Nothing)
@bp.response(200, schemas.LintOut)
def lint_campaign(_: dict[str, Any], campaign_id: str) -> dict[str, Any]:
    """What would go wrong. Changes nothing."""
    with sql.reading() as session:
        return {"faults": [manage.shown_fault(fault) for fault in manage.lint(session, campaign_id)]}


def _state_door(word: str, act: Act, of: Policy, summary: str) -> None:
    """One address per act on a campaign; they differ in the act alone."""

    @policy(of)
    @bp.arguments(schemas.ReasonIn)
    @bp.response(200, schemas.CampaignOut)
    def change_state(asked: dict[str, str], campaign_id: str) -> Any:
        actor = current_staff().id
        answer = acts.perform(
            f"campaign.{act.value}",
            campaign_id,
            lambda session: manage.change_state(session, campaign_id, act, actor),
            asked["reason"],
        )
        manage.open_gates(campaign_id)
        return once.rendered(answer)

    change_state.__doc__ = summary
    bp.route(f"/campaigns/<campaign_id>/{word}", endpoint=f"{act.value}_campaign", methods=["POST"])(
        change_state
    )


for _word, _act, _of, _summary in STATE_DOORS:
    _state_door(_word, _act, _of, _summary)


@bp.route("/merchants", methods=["POST"])
@policy(ORGANIZER)
@bp.arguments(schemas.MerchantIn)
@bp.response(201, schemas.MerchantOut)
def create_merchant(terms: dict[str, Any]) -> Any:
    """Register a merchant."""
    return once.rendered(acts.perform("merchant.create", "", lambda session: places.register(session, terms)))


@bp.route("/merchants/<merchant_id>/stores", methods=["POST"])
@policy(ORGANIZER)
@bp.arguments(shapes.StoreIn)
@bp.response(201, shapes.StoreOut)
def create_store(terms: dict[str, Any], merchant_id: str) -> Any:
    """Add a store."""
    return once.rendered(
        acts.perform(
            "store.create", merchant_id, lambda session: places.add_store(session, merchant_id, terms)
        )
    )


@bp.route("/stores/<store_id>/terminals", methods=["POST"])
@policy(ORGANIZER)
@bp.arguments(shapes.TerminalIn)
@bp.response(201, shapes.TerminalOut)
def create_terminal(terms: dict[str, Any], store_id: str) -> Any:
    """Add a terminal, live or test."""
    return once.rendered(
        acts.perform(
            "terminal.create", store_id, lambda session: places.add_terminal(session, store_id, terms)
        )
    )


@bp.route("/terminals/<terminal_id>/keys", methods=["POST"])
@policy(WARDEN)
@bp.arguments(Nothing)
@bp.response(201, shapes.KeyOut)
def create_key(_: dict[str, Any], terminal_id: str) -> Any:
    """Hand out a key; several may be live at once."""
    answer = acts.perform(
        "key.create", terminal_id, lambda session: places.hand_out_key(session, terminal_id)
    )
    body, status, headers = once.rendered(answer)
    return {**body, "secret": terminal_keys.secret_of(body["key_id"])}, status, headers


@bp.route("/campaigns/<campaign_id>/settlements", methods=["POST"])
@policy(MONEY)
@bp.arguments(schemas.SettlementIn)
@bp.response(202, schemas.SettlementOut)
def open_settlement(asked: dict[str, int], campaign_id: str) -> Any:
    """Close the interval up to the cutoff; a worker computes the lines."""
    actor = current_staff().id
    answer = acts.perform(
        "settlement.open",
        campaign_id,
        lambda session: settlement.open_batch(session, campaign_id, opener_id=actor, **asked),
    )
    queue.ring(settlement.JOB, answer.body["settlement_id"])
    return answer.body, 202, once.rendered(answer)[2]


@bp.route("/campaigns/<campaign_id>/settlements", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, schemas.SettlementsOut)
def list_settlements(campaign_id: str) -> dict[str, Any]:
    """All settlement batches of a campaign."""
    with sql.reading() as session:
        return {"items": settlement.of_campaign(session, campaign_id)}


@bp.route("/settlements/<settlement_id>", methods=["GET"])
@policy(ANY_STAFF)
@bp.response(200, schemas.SettlementOut)
def show_settlement(settlement_id: str) -> dict[str, Any]:
    """One settlement batch with its lines."""
    with sql.reading() as session:
        return settlement.shown(session, settlement.find_settlement(session, settlement_id))


@bp.route("/settlements/<settlement_id>/approvals", methods=["POST"])
@policy(PAYMASTER)
@bp.arguments(schemas.ReasonIn)
@bp.response(200, schemas.SettlementOut)
def approve_settlement(asked: dict[str, str], settlement_id: str) -> Any:
    """A second person releases the batch."""
    actor = current_staff().id
    answer = acts.perform(
        "settlement.approve",
        settlement_id,
        lambda session: settlement.approve(session, settlement_id, actor),
        asked["reason"],
    )
    return once.rendered(answer)
