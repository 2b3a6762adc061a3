"""Refusals that are final, and their reasons."""

from __future__ import annotations

from loadtest.certify.case import Group
from loadtest.certify.stage import Stage, check, receipt, refused

REFUSED = Group("C", "拒绝与原因", "refusals and their reasons")
NOBODYS = "vch_00000000000000000000000000"


@REFUSED.case(
    "未达门槛被拒，凑单后用新编号重做",
    "below the threshold: refused once; with more in the basket a new attempt under a new key",
)
def threshold(t: Stage) -> None:
    customer, order_no = t.customer(20), t.order()
    token = t.token(customer)
    no = refused(t.sale(token, 9_000, order_no, customer.voucher_ids), "threshold_not_met")
    check(no.get("shortfall_fen") == 1_000, f"差额 shortfall_fen: {no.get('shortfall_fen')}")
    receipt(t.sale(token, 10_000, order_no, customer.voucher_ids), 10_000, 20)


@REFUSED.case("券已过期", "an expired voucher")
def expired(t: Stage) -> None:
    _refused_voucher(t, "expired", "voucher_expired")


@REFUSED.case("券未生效", "a voucher that is not valid yet")
def not_yet(t: Stage) -> None:
    _refused_voucher(t, "not_yet", "voucher_not_yet_valid")


@REFUSED.case("券已核销", "a used voucher")
def used(t: Stage) -> None:
    _refused_voucher(t, "used", "voucher_used")


@REFUSED.case("没有这张券", "a voucher that the customer does not have")
def unknown(t: Stage) -> None:
    token = t.token(t.customer(20))
    refused(t.sale(token, 12_000, t.order(), [NOBODYS]), "voucher_not_found")


@REFUSED.case("持码人已暂停", "a suspended customer")
def suspended(t: Stage) -> None:
    refused(t.run("scan", t.customer(20, condition="suspended").code), "citizen_suspended")


@REFUSED.case("码已过期，换新码后照常", "a stale code; a fresh one works")
def stale(t: Stage) -> None:
    customer = t.customer(20)
    refused(t.run("scan", t.sandbox.code(customer, "stale")), "code_expired")
    t.scan(t.sandbox.code(customer))


@REFUSED.case("码已在别处使用", "a code that was used at another till")
def consumed(t: Stage) -> None:
    refused(t.run("scan", t.sandbox.code(t.customer(20), "consumed")), "code_consumed")


def _refused_voucher(t: Stage, condition: str, code: str) -> None:
    customer = t.customer((20, condition))
    refused(t.sale(t.token(customer), 12_000, t.order(), customer.voucher_ids), code)
