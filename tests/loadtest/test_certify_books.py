"""Facts about the comparison of books: whatever the client said wrongly is found."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.certify.books import Books, Row, between_runs, differences, normalised, of_listing, of_query

ORDER = "cert-plain-B1-1"
RECEIPT = {
    "order_no": ORDER,
    "state": "redeemed",
    "order_fen": 12_000,
    "used_fen": 2_000,
    "customer_pays_fen": 10_000,
}
PAID = Row("redeemed", 12_000, 2_000, 10_000)


def query(state: str = "redeemed", **other: Any) -> dict[str, Any]:
    """The final word on the order."""
    return {"order_no": ORDER, "state": state, "receipt": RECEIPT, "refusal": None, "refunds": [], **other}


def item(**other: Any) -> dict[str, Any]:
    """The order in the merchant's list."""
    return {**RECEIPT, "refunded_fen": 0, **other}


def compared(books: Books, found: dict[str, Any] | None, listed: dict[str, Any] | None) -> list[str]:
    """What does not agree."""
    rows = {listed["order_no"]: of_listing(listed)} if listed else {}
    return differences(books.rows, {ORDER: of_query(found)}, rows, "cert-plain-")


@pytest.fixture
def books() -> Books:
    """A client that printed a receipt."""
    made = Books()
    made.open(ORDER)
    made.redeemed(RECEIPT)
    return made


def test_books_that_agree(books: Books):
    assert books.rows == {ORDER: PAID} and compared(books, query(), item()) == []


@pytest.mark.parametrize("name", ["order_fen", "used_fen", "customer_pays_fen"])
def test_a_wrong_amount_is_found_in_both_books(name: str):
    said = Books()
    said.open(ORDER)
    said.redeemed({**RECEIPT, name: 1})
    found = compared(said, query(), item())
    assert [each.split(" ")[1] for each in found] == [f"{name}:", f"{name}:"]


def test_a_redemption_that_the_client_did_not_tell_is_found():
    said = Books()
    said.open(ORDER)
    said.refused(ORDER, {"status": 409, "code": "order_exists"})
    assert any(
        "state: 客户端 client refused, 查单 query redeemed" in each
        for each in compared(said, query(), item())
    )
    stranger = compared(
        said, query("refused", receipt=None, refusal="order_exists"), item(order_no=f"{ORDER}-b")
    )
    assert stranger == [f"{ORDER}-b: 对账里有，客户端没说过 in the list, the client never said so"]


def test_a_redemption_that_is_in_no_list_is_found(books: Books):
    assert any("对账 list unknown" in each for each in compared(books, query(), None))
    assert any("查单 query unknown" in each for each in compared(books, None, item()))


def test_somebody_elses_orders_are_nobodys_business(books: Books):
    rows = {ORDER: of_listing(item()), "another-1": PAID}
    assert differences(books.rows, {ORDER: PAID}, rows, "cert-plain-") == []


def test_a_refund_that_was_made_twice_is_found(books: Books):
    books.reversed({"order_no": ORDER, "state": "redeemed", "refunded_fen": 5_000})
    twice = [{"reversed_fen": 5_000}] * 2
    found = compared(books, query(refunds=twice), item(refunded_fen=10_000))
    assert len(found) == 2 and "refunded_fen: 客户端 client 5000, 查单 query 10000" in found[0]


def test_a_reversal_keeps_the_amounts_of_the_receipt(books: Books):
    books.reversed({"order_no": ORDER, "state": "reversed", "refunded_fen": 12_000})
    assert (
        compared(
            books,
            query("reversed", reversal={"refunded_fen": 12_000}),
            item(state="reversed", refunded_fen=12_000),
        )
        == []
    )


def test_what_is_refused_afterwards_changes_nothing(books: Books):
    books.refused(ORDER, {"status": 409, "code": "order_exists"})
    assert books.rows[ORDER] == PAID


def test_a_refusal_is_remembered_for_the_number_unless_it_is_about_the_request():
    said = Books()
    said.open(ORDER)
    said.refused(ORDER, {"status": 422, "code": "idempotency_mismatch"})
    assert said.rows[ORDER] == Row()
    said.refused(ORDER, {"status": 409, "code": "threshold_not_met"})
    assert compared(said, query("refused", receipt=None, refusal="threshold_not_met"), None) == []
    said.redeemed(RECEIPT)
    assert said.rows[ORDER] == PAID


def test_two_runs_are_compared_by_what_comes_after_the_prefix():
    plain = normalised({"cert-plain-B1-1": PAID, "cert-plain-C1-1": Row()}, "cert-plain-")
    lossy = normalised({"cert-lossy-B1-1": PAID, "cert-lossy-C1-1": Row()}, "cert-lossy-")
    assert between_runs(plain, lossy) == []
    assert between_runs(plain, {**lossy, "B1-1": Row("reversed", 12_000, 2_000, 10_000, 12_000)}) == [
        "B1-1 state: 直连 plain redeemed, 丢包 lossy reversed",
        "B1-1 refunded_fen: 直连 plain 0, 丢包 lossy 12000",
    ]
    assert between_runs(plain, {"B1-1": PAID, "Z9-1": PAID})[0].startswith("Z9-1 state")
