"""Scan, quote, redeem."""

from __future__ import annotations

from typing import Any

from loadtest.certify.case import Group
from loadtest.certify.stage import Stage, check, done, receipt

SCAN = Group("A", "扫码与试算", "scan and quote")
REDEEM = Group("B", "核销", "redeem")


@SCAN.case("扫码，得到凭证与持码人", "scan a fresh code: a token and the holder")
def scan(t: Stage) -> None:
    answer = t.scan(t.customer(20).code)
    check(bool(answer.get("scan_token")) and bool(answer.get("holder")), "没有凭证 no token, or no holder")


@SCAN.case("扫码时带金额，同时得到试算", "scan with an amount: the quote comes with it")
def scan_with_quote(t: Stage) -> None:
    customer = t.customer(20, 50)
    quote = t.scan(customer.code, "--gross", 25_000).get("quote") or {}
    fits = {each["voucher_id"] for each in quote.get("vouchers", ()) if each["applicable"]}
    check(fits == set(customer.voucher_ids), f"可用的券 vouchers that apply: {sorted(fits)}")
    check(quote["best"]["discount_fen"] == 7_000, f"最优 best: {quote['best']}")


@SCAN.case("试算说明还差多少", "a quote below the threshold says what is short")
def shortfall(t: Stage) -> None:
    customer = t.customer(20)
    quote = done(t.run("quote", t.token(customer), 9_000))
    (line,) = (each for each in quote["vouchers"] if each["voucher_id"] == customer.voucher_ids[0])
    told: dict[str, Any] = {name: line[name] for name in ("applicable", "reason", "shortfall_fen")}
    wanted = {"applicable": False, "reason": "threshold_not_met", "shortfall_fen": 1_000}
    check(told == wanted, f"试算 the quote says {told}")


@REDEEM.case("扫码后用一张券", "redeem one voucher with the token of a scan")
def one(t: Stage) -> None:
    customer = t.customer(20)
    receipt(t.sale(t.token(customer), 12_000, t.order(), customer.voucher_ids), 12_000, 20)


@REDEEM.case("直接用 20 位码核销", "redeem with the 20 digits, in one call")
def by_code(t: Stage) -> None:
    customer = t.customer(20)
    receipt(t.sale(customer.code, 12_100, t.order(), customer.voucher_ids), 12_100, 20)


@REDEEM.case("一单用两张券", "redeem two vouchers for one order")
def several(t: Stage) -> None:
    customer = t.customer(20, 50)
    receipt(t.sale(t.token(customer), 32_000, t.order(), customer.voucher_ids), 32_000, 20, 50)


@REDEEM.case("由平台选最优的券", 'redeem "best": the platform chooses')
def best(t: Stage) -> None:
    customer = t.customer(20, 50)
    answer = receipt(t.sale(t.token(customer), 15_000, t.order(), ["best"]), 15_000, 20)
    chosen = [line["voucher_id"] for line in answer["lines"]]
    check(chosen == customer.voucher_ids[:1], f"所用的券 vouchers used: {chosen}")


@REDEEM.case("带商户优惠与商品明细", "a merchant's own discount, and the items of the basket")
def basket(t: Stage) -> None:
    customer = t.customer(20)
    more = ("--discount", 1_000, "--item", "dining=8000", "--item", "groceries=4000")
    receipt(t.sale(t.token(customer), 13_000, t.order(), customer.voucher_ids, *more), 12_000, 20)
