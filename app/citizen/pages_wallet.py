"""Pages about what is one's own: the code, the wallet, receipts, scans."""

from __future__ import annotations

from flask import render_template, request

from app import sql
from app.ankang import apply
from app.auth import CITIZEN, current_citizen, policy
from app.citizen import reads, receipts, wallet_view
from app.citizen.pages import bp
from app.domain.refusals import Refusal, Refused
from app.events.notices import inbox
from app.fields import PageIn
from app.vouchers import wallet

ON_A_PAGE = 20


def _cursor() -> str | None:
    """The cursor of this page's address; a wrong one is the first page. A link may be old."""
    asked = request.args.get("cursor") or None
    return asked if asked and not PageIn().validate({"cursor": asked}) else None


@bp.get("/code")
@policy(CITIZEN)
def show_code() -> str:
    """The code on display (亮码); the script draws it and keeps it fresh."""
    citizen = current_citizen()
    newest = reads.list_scans(citizen.id, None, 1)["items"]
    heard = " ".join(f"{each['scan_id']} {each['order_no'] or ''}" for each in newest)
    return render_template("citizen/code.html", holder=apply.holder(citizen), heard=heard)


@bp.get("/wallet")
@policy(CITIZEN)
def show_wallet() -> str:
    """Vouchers by state."""
    piles = wallet_view.split(wallet.list_vouchers(current_citizen().id))
    shown = request.args.get("show", "")
    shown = shown if shown in piles else "usable"
    return render_template("citizen/wallet.html", piles=piles, shown=shown)


@bp.get("/wallet/<voucher_id>")
@policy(CITIZEN)
def show_voucher(voucher_id: str) -> str:
    """One voucher: its rule, its validity, what was paid with it."""
    citizen_id = current_citizen().id
    with sql.reading() as session:
        found = wallet.find_voucher(session, citizen_id, voucher_id)
    if found is None:
        raise Refused(Refusal.VOUCHER_NOT_FOUND)
    paid = receipts.receipts(citizen_id, voucher_id=voucher_id)["items"]
    return render_template("citizen/voucher.html", voucher=found, paid=paid)


@bp.get("/receipts")
@policy(CITIZEN)
def show_receipts() -> str:
    """What was paid with vouchers, and what came back."""
    cursor = _cursor()
    page = receipts.receipts(current_citizen().id, cursor, ON_A_PAGE)
    return render_template("citizen/receipts.html", page=page, first=cursor is None)


@bp.get("/scans")
@policy(CITIZEN)
def show_scans() -> str:
    """Who scanned the code, when, why, with which result."""
    cursor = _cursor()
    page = reads.list_scans(current_citizen().id, cursor, ON_A_PAGE)
    return render_template("citizen/scans.html", page=page, first=cursor is None)


@bp.get("/me")
@policy(CITIZEN)
def show_me() -> str:
    """The own registration, and the ways to everything that is looked for seldom."""
    citizen = current_citizen()
    return render_template("citizen/me.html", me=apply.shown(citizen), unread=inbox.unread(citizen.id))
