"""Pages at the counter: signing in, taking a voucher, refunds, which terminal a device is, what is shown offline."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import logins, sessions, sql
from app.auth import ANY_MERCHANT_STAFF, PUBLIC, current_merchant_staff, policy
from app.domain.goods import GOODS
from app.domain.refusals import Refusal
from app.extensions import limiter
from app.merchants import office, shapes
from app.models import MerchantStaff
from app.pages import catalogue, entrance, face, language, refusals
from app.pages.forms import takes_form
from merchant_api import books

bp = Blueprint("till_pages", __name__, url_prefix=face.TILL.prefix)
REASONS = ("returned", "wrong_amount", "changed_mind", "other")


@bp.get("/")
@policy(ANY_MERCHANT_STAFF)
def home() -> str:
    """Amount, code, what applies, one tap."""
    goods = [("", catalogue.t("till.sell.no_goods"))]
    goods += [(kind, names[language.current()]) for kind, names in GOODS.items()]
    return drawn("home", goods=goods)


@bp.get("/refund")
@policy(ANY_MERCHANT_STAFF)
def show_refund() -> str:
    """An order by its number, and how much of it comes back."""
    reasons = [(words, words) for words in (catalogue.t("till.reason." + name) for name in REASONS)]
    return drawn("refund", reasons=reasons, order_no=request.args.get("order_no", "")[:64])


@bp.get("/pair")
@policy(ANY_MERCHANT_STAFF)
def show_pairing() -> str:
    """This device becomes a terminal, or stops being one."""
    return drawn("pair")


@bp.get("/offline")
@policy(PUBLIC)
def show_offline() -> str:
    """What the service worker shows where nothing answers; about nobody."""
    return render_template("till/offline.html")


@bp.get("/login")
@policy(PUBLIC)
def show_login() -> str:
    """Login and password."""
    return entrance.show(face.TILL)


@bp.post("/login")
@policy(PUBLIC)
@limiter.limit("30/minute")
@takes_form
def login() -> ResponseReturnValue:
    """Sign in."""
    return entrance.enter(face.TILL, shapes.SignInIn, _session)


def _session(asked: dict[str, Any]) -> tuple[str, int]:
    member = logins.sign_in(MerchantStaff, asked["login"], asked["password"])
    return sessions.staff_token(member.id, "merchant_staff")


@bp.post("/logout")
@policy(PUBLIC)
@takes_form
def logout() -> ResponseReturnValue:
    """End the session in this browser."""
    return entrance.leave(face.TILL)


def drawn(page: str, **more: Any) -> str:
    """A page of whoever is signed in, with what its scripts know of the shop."""
    member = current_merchant_staff()
    with sql.reading() as session:
        me = office.about(session, member)
        terminals = books.terminals(session, member.merchant_id)
    named = {each["terminal_id"]: each for each in terminals}
    facts = {"terminals": named, "refusals": spoken()}
    return render_template(f"till/{page}.html", me=me, terminals=named, facts=facts, **more)


def spoken() -> dict[str, tuple[str, str]]:
    """What a cashier reads of each refusal, and what to do about it, in the reader's language."""
    is_zh = language.current() == "zh"
    return {
        refusal.code: (refusals.words(refusal), (refusal.do_zh if is_zh else refusal.do_en) or "")
        for refusal in Refusal
        if refusal.is_at_the_till or refusal in ANSWERED_TO_STAFF
    }


# Besides those of tills: what the office's forms may be answered.
ANSWERED_TO_STAFF = {
    Refusal.LOGIN_WRONG,
    Refusal.LOGIN_TAKEN,
    Refusal.WRONG_STATE,
    Refusal.STORE_NOT_FOUND,
    Refusal.CREDIT_CODE_TAKEN,
    Refusal.NOT_SIGNED_IN,
    Refusal.SESSION_EXPIRED,
}
