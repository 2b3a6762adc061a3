"""Who is there. Every route names its policy; a route without one answers nobody (deny by default)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar, cast

from flask import Flask, current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit_trail, clock, sessions, sql, totp
from app.ankang import apply
from app.ankang.apply import Registered
from app.domain.refusals import Refusal, Refused
from app.extensions import settings, vault
from app.models import MerchantStaff, Staff
from app.pages import cookies
from app.pages.cookies import Actor
from app.sessions import StaffOf

F = TypeVar("F", bound=Callable[..., Any])
Member = TypeVar("Member", Staff, MerchantStaff)


@dataclass(frozen=True)
class Policy:
    """A name for the house rules, the check that lets somebody in or raises Refused, and the roles it lets in."""

    name: str
    check: Callable[[], None]
    roles: tuple[str, ...] = ()


def policy(of: Policy) -> Callable[[F], F]:
    """Name the policy of a view."""

    def mark(view: F) -> F:
        view.policy = of  # type: ignore[attr-defined]
        return view

    return mark


def init_app(app: Flask) -> None:
    """Enforce the policies before every request."""
    app.before_request(_enforce)


def policy_of(endpoint: str) -> Policy | None:
    """The policy of a registered view, None where somebody forgot it."""
    return getattr(current_app.view_functions[endpoint], "policy", None)


def admits(of: Policy, role: str) -> bool:
    """Whether a member of staff with this role gets past this policy, so that a page offers what its door will do."""
    return role in of.roles


def _enforce() -> None:
    if request.endpoint is None:
        return  # nothing is there: 404
    found = policy_of(request.endpoint)
    if found is None:
        raise Refused(Refusal.FORBIDDEN)
    found.check()


ACTOR_OF: dict[StaffOf, Actor] = {"staff": Actor.STAFF, "merchant_staff": Actor.MERCHANT_STAFF}


def _token(actor: Actor) -> str:
    """The session of this request: in its header, else in the cookie that the actor's pages keep it in."""
    if "Authorization" not in request.headers and (kept := cookies.token_of(actor)) is not None:
        return kept
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.isascii():
        raise Refused(Refusal.NOT_SIGNED_IN)
    return token


def _check_metrics() -> None:
    """Without METRICS_TOKEN nobody gets in: behind a proxy on the same host everybody seems to be loopback."""
    expected = settings().metrics_token
    sent = request.headers.get("Authorization", "").encode()
    if expected is None or not hmac.compare_digest(sent, f"Bearer {expected}".encode()):
        raise Refused(Refusal.NOT_SIGNED_IN)


def _named_in(token: str) -> Registered | None:
    """The citizen of a session that names one."""
    citizen_id = sessions.citizen_of(token.encode(), settings().secret_key, clock.now())
    if citizen_id is None:
        return None
    citizen = apply.find(citizen_id)
    if citizen is None:
        raise Refused(Refusal.NOT_SIGNED_IN)
    return citizen


def _phone_in(token: str) -> str:
    """The proved phone of a session behind which nobody had applied when it began."""
    sealed = bytes.fromhex(sessions.opened(token, "citizen")["p"])
    return vault().open(sealed, "session.phone")


def _check_phone() -> None:
    """A proved phone, with or without a citizen behind it."""
    token = _token(Actor.CITIZEN)
    citizen = _named_in(token)
    g.phone = apply.phone_of(citizen) if citizen else _phone_in(token)
    g.caller = phone_caller()


def _check_citizen() -> None:
    token = _token(Actor.CITIZEN)
    citizen = _named_in(token) or apply.find_by_phone(_phone_in(token))
    if citizen is None:
        raise Refused(Refusal.NOT_APPLIED)
    if citizen.status != "active":
        raise Refused(Refusal.CITIZEN_SUSPENDED)
    g.citizen, g.caller = citizen, citizen.id


def refused_citizens(session: Session, citizen_ids: Sequence[str]) -> dict[str, Refused]:
    """Of these who hold a session: whom the CITIZEN policy would not let in, and its refusal."""
    standing = apply.standing(session, set(citizen_ids))
    return {
        each: Refused(Refusal.CITIZEN_SUSPENDED if each in standing else Refusal.NOT_SIGNED_IN)
        for each in citizen_ids
        if standing.get(each) != "active"
    }


def _check_staff(roles: tuple[str, ...], proved: bool) -> None:
    g.staff = _signed_in(Staff, "staff")
    _check_role(g.staff, roles)
    if proved:
        _check_proof(g.staff)


def _check_merchant_staff(roles: tuple[str, ...]) -> None:
    g.merchant_staff = _signed_in(MerchantStaff, "merchant_staff")
    _check_role(g.merchant_staff, roles)


def _signed_in(model: type[Member], of: StaffOf) -> Member:
    """Who this session is of, looked up at every request: a suspension holds at once."""
    opened = sessions.opened(_token(ACTOR_OF[of]), of)
    staff_id, g.proved_at = opened["s"], opened.get("t", 0)
    with sql.reading() as session:
        found = session.scalar(select(model).where(model.id == staff_id, model.status == "active"))
    if found is None:
        raise Refused(Refusal.NOT_SIGNED_IN)
    g.caller = found.id
    return found


def _check_role(found: Staff | MerchantStaff, roles: tuple[str, ...]) -> None:
    if found.role not in roles:
        _shut_out(found, Refusal.FORBIDDEN, f"角色 role: {found.role}")


def _check_proof(found: Staff) -> None:
    """Who has a second factor has shown it lately; whether one must have it is a setting."""
    since = totp.confirmed_at(found.id)
    lately = clock.now() - settings().totp_minutes * 60_000
    is_shown = since is not None and g.proved_at >= max(since, lately)
    if not is_shown and (since is not None or settings().totp_required):
        _shut_out(found, Refusal.TOTP_REQUIRED, "动态口令 second factor", enrolled=since is not None)


def _shut_out(found: Staff | MerchantStaff, refusal: Refusal, reason: str, **facts: Any) -> NoReturn:
    """With its entry in the trail."""
    wanted = f"{request.method} {request.url_rule}"[:48]
    about = next(iter((request.view_args or {}).values()), request.path)
    audit_trail.refused(found.id, wanted, str(about), refusal, reason)
    raise Refused(refusal, **facts)


PUBLIC = Policy("public", lambda: None)
PHONE = Policy("phone", _check_phone)
CITIZEN = Policy("citizen", _check_citizen)
METRICS = Policy("metrics", _check_metrics)


def staff(*roles: str, proved: bool = False) -> Policy:
    """Members of staff with one of these roles; `proved`: who, if they have a second factor, showed it lately."""
    name = "staff:" + "|".join(roles) + (":proved" if proved else "")
    return Policy(name, lambda: _check_staff(roles, proved), roles)


def merchant_staff(*roles: str) -> Policy:
    """Members of a merchant's staff with one of these roles."""
    return Policy("merchant_staff:" + "|".join(roles), lambda: _check_merchant_staff(roles), roles)


# An organizer is author and approver in one, though never of the same thing. Each may read; an auditor writes nothing.
# A second person's word, and whatever lets money or trust go, takes a proof (ADR 0034).
ORGANIZER = staff("organizer")
AUTHOR = staff("organizer", "author")
APPROVER = staff("organizer", "approver", proved=True)
MONEY = staff("organizer", "finance")
PAYMASTER = staff("organizer", "finance", proved=True)
SECOND_PERSON = staff("organizer", "approver", "finance", proved=True)
WARDEN = staff("organizer", proved=True)
HELP_DESK = staff("organizer", "support")
# Who claims and prints in the name of others decides about nothing else, and nobody else does it.
DESK = staff("agent")
SEALED = staff("organizer", "approver", "auditor")
SEALED_MONEY = staff("organizer", "finance", "auditor")
TRAIL = staff("organizer", "auditor")
ANY_STAFF = staff("organizer", "author", "approver", "finance", "auditor")
HELPERS = staff("organizer", "author", "approver", "finance", "auditor", "support", "agent")
OWNER = merchant_staff("owner")
TREASURER = merchant_staff("owner", "finance")
ANY_MERCHANT_STAFF = merchant_staff("owner", "finance", "cashier")


def phone_session(phone: str) -> tuple[str, int, bool]:
    """A session of a proved phone: of who applied with it, or of the phone alone; when it ends (epoch ms); whether."""
    citizen = apply.find_by_phone(phone)
    if citizen is None:
        return (*sessions.phone_token(phone), False)
    return (*sessions.citizen_token(citizen.id, clock.now()), True)


def phone_caller() -> str:
    """The caller's name before there is a citizen: a keyed hash of the phone."""
    return f"phone:{apply.phone_index(current_phone())[:40]}"


def current_citizen() -> Registered:
    """The citizen the CITIZEN policy let in."""
    return cast(Registered, g.citizen)


def current_phone() -> str:
    """The proved phone of the session."""
    return cast(str, g.phone)


def current_staff() -> Staff:
    """The member of staff a staff policy let in."""
    return cast(Staff, g.staff)


def current_merchant_staff() -> MerchantStaff:
    """The member of a merchant's staff whom a policy of theirs let in."""
    return cast(MerchantStaff, g.merchant_staff)
