"""What does not go smoothly: codes that are refused, people and tills that are shut out, papers that are sent back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy.orm import Session
from stdnum.cn import uscc

from app import clock, logins, once
from app.ankang.apply import phone_index
from app.ankang.scan import Till
from app.citizen.displays import display_code
from app.cli.demo import cast, life, people
from app.cli.demo.town import Paid, Town, key
from app.domain import campaign
from app.domain.application import Act
from app.domain.instants import MINUTE_MS
from app.domain.quote import Order
from app.domain.refusals import Refused
from app.merchants import applications, office
from app.merchants.papers import Document, Papers
from app.models import Citizen, MerchantStaff, Terminal
from app.vouchers import allowances, approvals, reserve
from app.vouchers.holds import LONGEST_HOLD_S
from app.vouchers.redeeming import Request
from app.vouchers.reverse import Asked
from campaigns import manage, standing
from merchant_api import scans

Change = Callable[[Session, standing.Subject, str, str], once.Answer]
TABLE = Order(23_800)
OLD_CODE_MS = 3 * MINUTE_MS
LICENCE = Document("business_licence", "营业执照.jpg", 182_044, sha256("营业执照".encode()).hexdigest())
REVIEWS = {
    "returned": (Act.RETURN, "营业执照照片不清晰，请重新上传"),
    "rejected": (Act.REJECT, "经营范围不在本次活动内"),
    "approved": (Act.APPROVE, "资料齐全"),
}


def refused_scans(town: Town) -> None:
    """A code used twice, an old one, a made-up one, somebody who is only looked at, a basket that is too small."""
    first, second = town.firms[0].tills[0], town.firms[1].tills[0]
    used = display_code(town.citizens[5])[0].digits
    for till in (first, second):
        _scan(till, used)
    _scan(second, used[:-2] + ("17" if used[-2:] != "17" else "28"))
    stale = display_code(town.citizens[6])[0].digits
    town.move_on(clock.now() + OLD_CODE_MS)
    _scan(first, stale)
    _scan(first, display_code(town.citizens[7])[0].digits, "identity")
    (visit,) = life.visits(town, town.firms[:2], 1)
    with suppress(Refused):  # the basket is too small for the voucher
        life.pay(town, [replace(visit, order=Order(990))])


def _scan(till: Till, digits: str, purpose: str = "voucher") -> None:
    """Also a refused scan is a row; the cashier sees why."""
    with suppress(Refused):
        scans.scan_code(till, digits, purpose, None, key(till.terminal_id, "scan"))


def suspend(town: Town) -> None:
    """A citizen whose code was lent out, with the code on show; and a till that was stolen, found, and let in again."""
    lender, till = town.citizens[-1], town.firms[2].tills[-1]
    shown = display_code(lender)[0].digits
    _stand(town, "citizen.suspend", (standing.suspend, Citizen, lender), "安康码外借，经核实")
    _scan(town.firms[0].tills[0], shown)
    _stand(town, "terminal.suspend", (standing.suspend, Terminal, till.terminal_id), "收银机被盗")
    _stand(town, "terminal.readmit", (standing.readmit, Terminal, till.terminal_id), "收银机已找回")


def _stand(town: Town, action: str, change: tuple[Change, standing.Subject, str], reason: str) -> None:
    act, subject, subject_id = change
    actor = town.staff["qian"]
    town.act("qian", action, subject_id, lambda session: act(session, subject, subject_id, actor), reason)


def self_approval(town: Town) -> None:
    """Who wrote it wants to let it go as well: refused, and in the trail."""
    campaign_id, author = town.campaigns["in_review"], town.staff["zhou"]
    moved = partial(manage.change_state, campaign_id=campaign_id, act=campaign.Act.APPROVE, actor_id=author)
    with suppress(Refused):
        town.act("zhou", "campaign.approve", campaign_id, moved, "赶时间")


def applications_come_in(town: Town) -> None:
    """Merchants who want to join, one for each state; the approved one chooses its owner's login."""
    for name, code, contact, phone, follows in cast.APPLICANTS:
        papers = Papers(
            name,
            code + uscc.calc_check_digit(code),
            contact,
            "安庆农村商业银行",
            name,
            f"6228480{phone}",
            [LICENCE],
        )
        applied = once.perform(
            key(phone_index(phone), "application"), partial(applications.apply, phone=phone, papers=papers)
        )
        application_id = applied.object_id or ""
        if follows in REVIEWS:
            _review(town, application_id, follows)
        if follows == "approved":
            terms = {
                "login": "owner-qianpailou",
                "name": contact,
                "password_hash": logins.hashed(token_urlsafe(18)),
            }
            owned = partial(office.own, phone=phone, application_id=application_id, terms=terms)
            once.perform(key(phone_index(phone), "application.owner"), owned)


def _review(town: Town, application_id: str, follows: str) -> None:
    act, reason = REVIEWS[follows]
    asked = applications.Review(act, 1, town.staff["zhao"], reason)
    reviewed = partial(applications.review, application_id=application_id, asked=asked)
    town.act("zhao", f"application.{act.value}", application_id, reviewed, reason)


def change_account(town: Town) -> None:
    """A firm has another bank account now: verified, and held for its cooling period all the same."""
    firm = town.firms[cast.COOLING]
    account = {
        "bank_name": "中国农业银行安庆分行",
        "account_name": firm.shop.name,
        "account_number": "6228481198800123456",
    }
    people.verify_account(town, people.hand_in_account(town, firm.merchant_id, firm.owner_id, account))


def dear_refund(town: Town) -> None:
    """A refund above the shop's limit: refused at the till, approved by the owner, done."""
    paid = _dear(town)
    part_fen = paid.order_fen - 1_000
    with suppress(Refused):
        life.give_back(paid, Asked(paid.order_no, "商品故障", part_fen))
    approval_id = _approve_refund(town, paid, part_fen)
    life.give_back(paid, Asked(paid.order_no, "商品故障", part_fen, approval_id))


def waiting_refund(town: Town) -> None:
    """Approved a moment ago: the till has not come back to it yet."""
    paid = _dear(town)
    _approve_refund(town, paid, paid.order_fen)


def _dear(town: Town) -> Paid:
    """The last order above the limit; it is nobody else's any more."""
    found = [each for each in town.paid if each.order_fen > 110_000][-1]
    town.paid.remove(found)
    return found


def _approve_refund(town: Town, paid: Paid, fen: int) -> str:
    owner_id = next(firm.owner_id for firm in town.firms if firm.merchant_id == paid.till.merchant_id)

    def give(session: Session) -> once.Answer:
        owner = session.get_one(MerchantStaff, owner_id)
        return approvals.give(session, owner, paid.order_no, fen, "已验货")

    return town.act(owner_id, "refund.approve", paid.redemption_id, give, "已验货").object_id or ""


def reservations(town: Town) -> None:
    """One is captured, one released, one lapses; and a till prepares for a day without a network."""
    till = town.firms[0].tills[0]
    captured, released, _ = [reserve_order(town) for _ in range(3)]
    reserve.capture(till, captured, TABLE, False, key(till.terminal_id, "redeem"))
    reserve.release(till, released, key(till.terminal_id, "release"))
    allowances.give(till, key(till.terminal_id, "allowance"))


def reserve_order(town: Town) -> str:
    """A table is ordered, and its voucher held for half an hour; returns the order's number."""
    (visit,) = life.visits(town, town.firms[:1], 1)
    till = town.firms[0].tills[0]
    code, order_no = display_code(visit.voucher.citizen_id)[0].digits, town.order_no(till)
    asked = Request(till, None, code, [visit.voucher.id], order_no, TABLE)
    reserve.reserve(asked, LONGEST_HOLD_S, key(till.terminal_id, "reserve"))
    return order_no
