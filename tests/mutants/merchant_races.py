"""The races about merchants. Decisions are 200s; what is counted as an effect is a 201."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.kit.merchants import Applicant, owner, papers
from tests.kit.phones import Phone, allowance_of, intent, upload
from tests.kit.sandbox import arm
from tests.kit.together import all_at_once, each
from tests.kit.town import PASSWORD
from tests.mutants.cast import CROWD, Cast


def refunds_by_one_approval(cast: Cast) -> list[Any]:
    """One paid order of 12,000 above its merchant's limit; ten times the same 3,000 are asked back by one approval."""
    till, bench = cast.tills[0], cast.bench
    bench.execute("UPDATE merchant SET refund_limit_fen = 1000 WHERE id = :id", id=till.merchant_id)
    bench.execute(
        "INSERT INTO merchant_staff (id, merchant_id, login, name, role, password_hash, status, failures,"
        " locked_until, created_at) VALUES ('mst_1', :id, 'boss', '掌柜', 'owner', '-', 'active', 0, 0, 0)",
        id=till.merchant_id,
    )
    bench.execute(
        "INSERT INTO refund_approval (id, merchant_id, order_no, refund_fen, approver_id, reason, approved_at,"
        " expires_at) VALUES ('rap_1', :id, :order_no, 3000, 'mst_1', '退货', 0, :never)",
        id=till.merchant_id,
        order_no=cast.paid_order,
        never=10**14,
    )
    refund = partial(till.reverse, cast.paid_order, refund_fen=3_000, approval_id="rap_1")
    return all_at_once([refund] * CROWD)


def approvals_of_one_application(cast: Cast) -> list[Any]:
    """One application, approved ten times."""
    applicant = Applicant(cast.bench)
    applicant.apply(name="独一家")
    return all_at_once([partial(applicant.review, cast.zhao, "approvals")] * CROWD)


def applications_of_one_merchant(cast: Cast) -> list[Any]:
    """Ten applicants, one credit code."""
    crowd, body = each(range(CROWD), lambda _: Applicant(cast.bench)), papers()
    return all_at_once([partial(one.door.post, "/merchant/v1/applications", body) for one in crowd])


def logins_of_one_owner(cast: Cast) -> list[Any]:
    """One approved application, ten logins."""
    applicant = Applicant(cast.bench)
    applicant.apply()
    applicant.review(cast.zhao, "approvals")
    logins = [{"login": f"boss-{n}", "name": "掌柜", "password": PASSWORD} for n in range(CROWD)]
    return all_at_once([partial(applicant.door.post, f"{applicant.path}/owner", login) for login in logins])


def changes_of_one_account(cast: Cast) -> list[Any]:
    """One merchant, four changes of its bank account: each is a version, and one waits."""
    boss = owner(cast.zhao)
    account = {"bank_name": "徽商银行", "account_name": "慕容家小吃店", "account_number": "340500001111"}
    return all_at_once([partial(boss.post, "/bank-accounts", account)] * 4)


def decisions_about_one_account(cast: Cast) -> list[Any]:
    """One account, verified and refused five times each."""
    (account,) = owner(cast.zhao).get("/bank-accounts").body["items"]
    paths = [
        f"/organizer/v1/bank-accounts/{account['account_id']}/{word}"
        for word in ("verifications", "refusals")
    ]
    return all_at_once([partial(cast.zhao.door.post, path, {"reason": "核对"}) for path in paths * 5])


def uploads_above_an_allowance(cast: Cast, limit: str) -> list[Any]:
    """One till took the holder's ten vouchers without a network, of an allowance for two; each comes by itself."""
    till, at = cast.tills[0], cast.bench.now()
    allowance_id = allowance_of(till)["allowance_id"]
    cast.bench.execute(f"UPDATE offline_allowance SET {limit}")
    phones = each(cast.vouchers, lambda voucher: Phone(cast.holder, voucher))
    return all_at_once([partial(upload, till, [intent(allowance_id, phone, at)]) for phone in phones])


def scans_under_a_fault(cast: Cast) -> list[Any]:
    """One test till with a fault for three of its scans, ten codes."""
    till = cast.zhao.shop(is_test=True)
    armed = arm(till, "scan", "unavailable", times=3)
    assert armed.status == 201, armed.body
    codes = each(range(CROWD), lambda _: cast.holder.show())
    return all_at_once([partial(till.scan, code) for code in codes])


RACES: dict[str, Callable[[Cast], list[Any]]] = {
    "approved once, refunded twice": refunds_by_one_approval,
    "one application, two merchants": approvals_of_one_application,
    "two applications of one credit code": applications_of_one_merchant,
    "two owners by one application": logins_of_one_owner,
    "two bank accounts that wait": changes_of_one_account,
    "a bank account decided twice": decisions_about_one_account,
    "more intents than allowed": partial(uploads_above_an_allowance, limit="most_count = 2"),
    "intents worth more than allowed": partial(uploads_above_an_allowance, limit="most_fen = 4000"),
    "fault given too often": scans_under_a_fault,
}
EFFECTS = {
    "approved once, refunded twice": 1,
    "one application, two merchants": 0,
    "two applications of one credit code": 1,
    "two owners by one application": 1,
    "two bank accounts that wait": 4,
    "a bank account decided twice": 0,
    "more intents than allowed": 0,
    "intents worth more than allowed": 0,
    "fault given too often": 7,
}
