"""The owner's pages: stores and terminals, a terminal's pairing, staff and the refund limit."""

from __future__ import annotations

from secrets import token_hex

from flask import request

from app import acts, once, sql, terminal_keys
from app.auth import OWNER, current_merchant_staff, policy
from app.domain.refusals import Refusal, Refused
from app.merchants import office
from app.models import MerchantStaff, Store
from app.pages import cookies, prints
from app.pages.forms import takes_form
from app.vouchers import approvals
from merchant_api.pages_sell import bp, drawn

PAIRING = "AKT1"  # a pairing text: AKT1.KEY.SECRET.TERMINAL


@bp.get("/shop")
@policy(OWNER)
def show_shop() -> str:
    """Stores and their terminals."""
    merchant_id = current_merchant_staff().merchant_id
    with sql.reading() as session:
        stores = [vars(store) for store in office.listed(session, Store, merchant_id)]
    return drawn("shop", stores=stores, key=token_hex(12))


@bp.post("/terminals/<terminal_id>/keys")
@policy(OWNER)
@takes_form
def pair_terminal(terminal_id: str) -> str:
    """A fresh key of a terminal as a QR code and a text, to be read by the device once; sent twice it is one key."""
    cookies.refuse_other_sites()
    key, member = request.form.get("key", ""), current_merchant_staff()
    if not once.KEY.fullmatch(key):
        raise Refused(Refusal.KEY_INVALID)
    # the same write as the JSON door's
    path = f"/merchant/v1/terminals/{terminal_id}/keys"
    write = once.discreet(once.Write(member.id, "key.create", key, once.request_hash(path, {})))
    answer = acts.perform(
        write, terminal_id, lambda session: office.hand_out_key(session, member.merchant_id, terminal_id)
    )
    key_id = str(once.final(answer).body["key_id"])
    text = f"{PAIRING}.{key_id}.{terminal_keys.secret_of(key_id)}.{terminal_id}"
    return drawn("pairing", text=text, qr=prints.qr(text), terminal_id=terminal_id)


@bp.get("/staff")
@policy(OWNER)
def show_staff() -> str:
    """Who works here, and how much a till refunds by itself."""
    merchant_id = current_merchant_staff().merchant_id
    with sql.reading() as session:
        staff = [office.shown_staff(one) for one in office.listed(session, MerchantStaff, merchant_id)]
        limit_fen = approvals.limit_of(session, merchant_id)
    return drawn("staff", staff=staff, limit_fen=limit_fen)
