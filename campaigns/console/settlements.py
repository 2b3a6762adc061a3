"""Settlements: what waits for whom, a campaign's batches, and the workbench of one batch."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request

from app import clock, sql
from app.auth import ANY_STAFF, current_staff, policy
from app.domain.refusals import Refusal, Refused
from app.domain.sheets import digest
from app.merchants.statements import content, files
from app.pages import formats
from campaigns import manage, naming, settlement, settlement_lists
from campaigns.console import money
from campaigns.console.frame import bp
from campaigns.holds import samples

SUMMED = ("redeemed_fen", "reversed_fen", "held_fen", "freed_fen", "adjusted_fen", "net_fen")
COUNTED = ("redeemed_count", "reversed_count")
FORMS = tuple(files.SHEETS)
# How a batch goes from the cutoff to the merchants' accounts.
STEPS = settlement_lists.STATES


@bp.get("/settlements")
@policy(ANY_STAFF)
def list_settlements() -> str:
    """The batches of all campaigns, by state."""
    state = request.args.get("state", "")
    only = {"state": state} if state in STEPS else {}
    with sql.reading() as session:
        found = settlement_lists.page(session, money.cursor(), money.PAGE, **only)
        counts = settlement_lists.counts(session)
        names = money.called(session, found["items"])
        campaigns = naming.latest_campaigns(session)
    return render_template(
        "console/settlements.html",
        campaigns=campaigns,
        **found,
        counts=counts,
        names=names,
        state=state,
        is_first=money.cursor() is None,
    )


@bp.get("/campaigns/<campaign_id>/settlements")
@policy(ANY_STAFF)
def list_campaign_settlements(campaign_id: str) -> str:
    """A campaign's batches, and where the next one is begun."""
    with sql.reading() as session:
        campaign = manage.find_campaign(session, campaign_id)
        found = settlement_lists.page(session, money.cursor(), money.PAGE, campaign_id=campaign_id)
        names = money.called(session, found["items"])
        # Before its approval a campaign has no money; that of a test campaign is none.
        is_settled = campaign.approver_id is not None and not campaign.is_test
    return render_template(
        "console/campaign_settlements.html",
        **found,
        names=names,
        campaign=campaign,
        # What is usually settled: everything up to the day that has just ended.
        midnight=f"{formats.day(clock.now())}T00:00:00",
        may_open=is_settled and money.may()["handle"],
        is_first=money.cursor() is None,
    )


@bp.get("/settlements/<settlement_id>")
@policy(ANY_STAFF)
def show_settlement(settlement_id: str) -> str:
    """One batch: its lines and their sums, the sample, the approval."""
    with sql.reading() as session:
        batch = settlement.shown(session, settlement.find_settlement(session, settlement_id))
        sample = samples.of_settlement(session, settlement_id)
        names = money.called(session, [batch, *sample["items"]])
    lines, next_cursor = page_of(batch["lines"])
    return render_template(
        "console/settlement.html",
        batch=batch,
        lines_here=lines,
        next_cursor=next_cursor,
        is_first=money.cursor() is None,
        sums={name: sum(line[name] for line in batch["lines"]) for name in (*SUMMED, *COUNTED)},
        sample_here=sample,
        names=names,
        may=money.may(),
        is_own=batch["opener_id"] == current_staff().id,
        has_statements=batch["state"] in content.CLOSED,
        steps=STEPS,
        forms=FORMS,
    )


def page_of(lines: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str | None]:
    """The lines behind the cursor of the address, a merchant's id, and the next cursor."""
    after = money.cursor() or ""
    left = [line for line in lines if line["merchant_id"] > after]
    shown = left[: money.PAGE]
    return shown, shown[-1]["merchant_id"] if len(left) > money.PAGE else None


@bp.get("/settlements/<settlement_id>/statements/<merchant_id>.<form>")
@policy(ANY_STAFF)
def read_statement(settlement_id: str, merchant_id: str, form: str) -> Response:
    """A merchant's statement, the same bytes that the merchant gets. Raises Refused: STATEMENT_NOT_FOUND."""
    if form not in FORMS:
        raise Refused(Refusal.STATEMENT_NOT_FOUND)
    with sql.reading() as session:
        found = content.statement(session, merchant_id, settlement_id, None)
    mime, make = files.FORMS[form]
    data = make(found)
    name = f"statement-{settlement_id}-{merchant_id}.{form}"
    headers = {"ETag": f'"{digest(data)}"', "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, content_type=mime, headers=headers)
