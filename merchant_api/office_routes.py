"""The doors of a merchant's staff: who is signed in; the owner's stores, terminals, keys and staff."""

from __future__ import annotations

from typing import Any

from app import logins, once, sessions, sql, terminal_keys
from app.auth import ANY_MERCHANT_STAFF, OWNER, PUBLIC, current_merchant_staff, policy
from app.extensions import limiter
from app.fields import Nothing
from app.merchants import office, places, shapes
from app.models import MerchantStaff, Store, Terminal
from app.vouchers import approvals
from merchant_api import acts
from merchant_api import office_schemas as schemas
from merchant_api.approval_schemas import SignedInOut
from merchant_api.routes import bp

STATUS_DOORS: tuple[tuple[str, office.Part], ...] = (
    ("stores", Store),
    ("terminals", Terminal),
    ("staff", MerchantStaff),
)
STATUS_WORDS = (
    ("suspensions", "suspended", "suspend", "Suspend it: its tills and sessions are refused from now on."),
    ("resumptions", "active", "resume", "Take the own suspension back."),
)


@bp.route("/sessions", methods=["POST"])
@policy(PUBLIC)
@limiter.limit("30/minute")
@bp.arguments(shapes.SignInIn)
@bp.response(201, schemas.MerchantSessionOut)
def create_session(asked: dict[str, str]) -> dict[str, Any]:
    """Sign in as a member of a merchant's staff."""
    member = logins.sign_in(MerchantStaff, asked["login"], asked["password"])
    token, expires_at = sessions.staff_token(member.id, "merchant_staff")
    return {"token": token, "role": member.role, "name": member.name, "expires_at": expires_at}


@bp.route("/me", methods=["GET"])
@policy(ANY_MERCHANT_STAFF)
@bp.response(200, SignedInOut)
def show_me() -> dict[str, Any]:
    """Who is signed in, for which merchant, and that merchant's refund limit."""
    member = current_merchant_staff()
    with sql.reading() as session:
        limit_fen = approvals.limit_of(session, member.merchant_id)
        return {**office.about(session, member), "refund_limit_fen": limit_fen}


@bp.route("/stores", methods=["POST"])
@policy(OWNER)
@bp.arguments(shapes.StoreIn)
@bp.response(201, shapes.StoreOut)
def create_own_store(terms: dict[str, Any]) -> Any:
    """Add a store."""
    merchant_id = current_merchant_staff().merchant_id
    answer = acts.perform("store.create", "", lambda session: places.add_store(session, merchant_id, terms))
    return once.rendered(answer)


@bp.route("/stores", methods=["GET"])
@policy(OWNER)
@bp.response(200, schemas.StoresOut)
def list_stores() -> dict[str, Any]:
    """The own stores."""
    with sql.reading() as session:
        stores = office.listed(session, Store, current_merchant_staff().merchant_id)
        return {"items": [{**vars(store), "store_id": store.id} for store in stores]}


@bp.route("/terminals", methods=["POST"])
@policy(OWNER)
@bp.arguments(schemas.NewTerminalIn)
@bp.response(201, shapes.TerminalOut)
def create_own_terminal(terms: dict[str, Any]) -> Any:
    """Add a terminal to a store, live or test."""
    merchant_id = current_merchant_staff().merchant_id
    answer = acts.perform(
        "terminal.create", "", lambda session: office.add_terminal(session, merchant_id, terms)
    )
    return once.rendered(answer)


@bp.route("/terminals", methods=["GET"])
@policy(OWNER)
@bp.response(200, schemas.TerminalsOut)
def list_terminals() -> dict[str, Any]:
    """The own terminals."""
    with sql.reading() as session:
        terminals = office.listed(session, Terminal, current_merchant_staff().merchant_id)
        return {"items": [{**vars(terminal), "terminal_id": terminal.id} for terminal in terminals]}


@bp.route("/terminals/<terminal_id>/keys", methods=["POST"])
@policy(OWNER)
@bp.arguments(Nothing)
@bp.response(201, shapes.KeyOut)
def create_own_key(_: dict[str, Any], terminal_id: str) -> Any:
    """Hand out a key; the secret is in this answer, and in a repetition of it, and nowhere else."""
    merchant_id = current_merchant_staff().merchant_id
    answer = acts.perform(
        "key.create", terminal_id, lambda session: office.hand_out_key(session, merchant_id, terminal_id)
    )
    body, status, headers = once.rendered(answer)
    return {**body, "secret": terminal_keys.secret_of(body["key_id"])}, status, headers


@bp.route("/staff", methods=["POST"])
@policy(OWNER)
@bp.arguments(schemas.StaffIn)
@bp.response(201, schemas.StaffOut)
def create_staff(asked: dict[str, str]) -> Any:
    """Add a member of staff with a first password."""
    merchant_id, terms = current_merchant_staff().merchant_id, logins.with_hash(asked)
    return once.rendered(
        acts.perform("staff.create", "", lambda session: office.hire(session, merchant_id, terms))
    )


@bp.route("/staff", methods=["GET"])
@policy(OWNER)
@bp.response(200, schemas.StaffListOut)
def list_staff() -> dict[str, Any]:
    """The own staff."""
    with sql.reading() as session:
        staff = office.listed(session, MerchantStaff, current_merchant_staff().merchant_id)
        return {"items": [office.shown_staff(member) for member in staff]}


def _status_door(rule: str, part: office.Part, to: str, act: str, summary: str) -> None:
    """One address per part and act; they differ in nothing else."""

    @policy(OWNER)
    @bp.arguments(schemas.WhyIn)
    @bp.response(200, schemas.StatusOut)
    def change_status(asked: dict[str, str], part_id: str) -> Any:
        by = current_merchant_staff()
        answer = acts.perform(
            f"{part.__tablename__}.{act}",
            part_id,
            lambda session: office.set_status(session, part, part_id, to, by),
            asked["reason"],
        )
        return once.rendered(answer)

    change_status.__doc__ = summary
    bp.route(rule, endpoint=f"{act}_{part.__tablename__}", methods=["POST"])(change_status)


for _parts, _part in STATUS_DOORS:
    for _word, _to, _act, _summary in STATUS_WORDS:
        _status_door(f"/{_parts}/<part_id>/{_word}", _part, _to, _act, _summary)
