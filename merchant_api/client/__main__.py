"""A till on the command line, by the client of `till.py`: `python -m merchant_api.client --help`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from merchant_api.client.journal import Journal, reconcile
from merchant_api.client.till import Answer, NoFinalAnswer, Till

DONE, REFUSED, NOT_FINAL = 0, 1, 3


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="till", description="A till. Amounts are in fen.")
    parser.add_argument("--url", required=True, help="e.g. http://127.0.0.1:8000")
    parser.add_argument("--key", required=True, help="the terminal's key id, live_… or test_…")
    parser.add_argument("--secret-file", required=True, type=Path, help="a file with the key's secret")
    parser.add_argument("--journal", type=Path, help="a file for calls without a final answer: see reconcile")
    parser.add_argument(
        "--patience", type=float, default=60.0, help="seconds for a call with its repetitions"
    )
    parser.add_argument("--idempotency-key", help="go on with a call that had no final answer")
    acts = parser.add_subparsers(dest="act", required=True)
    scan = acts.add_parser("scan", help="read a code; without one, each line that a scanner types into stdin")
    scan.add_argument("code", nargs="?")
    scan.add_argument("--purpose", choices=("voucher", "identity"), default="voucher")
    scan.add_argument("--gross", type=int, help="quote for an order of this amount too")
    for act in (_act(acts, "quote", "token", "gross"), _act(acts, "redeem", "token", "gross", "order")):
        act.add_argument("--discount", type=int, default=0, help="the merchant's own, in fen")
        act.add_argument("--item", action="append", type=_item, default=[], help="goods=fen, repeatable")
        if act.prog.endswith("redeem"):
            act.add_argument("vouchers", nargs="+", help='voucher ids, or "best"')
            act.add_argument(
                "--confirm", action="store_true", help="another purchase, though it looks the same"
            )
    _act(acts, "find", "order")
    reverse = _act(acts, "reverse", "order", "reason")
    reverse.add_argument("--refund", type=int, help="a part of the order amount, in fen; else all of it")
    reverse.add_argument("--approval", help="the supervisor's approval, above the merchant's limit")
    listing = _act(acts, "list")
    for name in ("limit", "cursor", "from", "to"):
        listing.add_argument(f"--{name}")
    _act(acts, "rotate")
    ending = _act(acts, "reconcile")
    ending.add_argument(
        "--finish", action="store_true", help="send redemptions again instead of reversing them"
    )
    return parser


def _act(acts: Any, name: str, *arguments: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name)
    for argument in arguments:
        parser.add_argument(argument, type=int if argument == "gross" else str)
    return parser


def _item(text: str) -> dict[str, Any]:
    goods, _, fen = text.partition("=")
    return {"goods": goods, "amount_fen": int(fen)}


def _call(till: Till, given: argparse.Namespace) -> Answer:
    key = given.idempotency_key
    match given.act:
        case "scan":
            return till.scan(given.code, given.purpose, given.gross, key=key)
        case "quote":
            return till.quote(given.token, given.gross, given.discount, **_more(given))
        case "redeem":
            vouchers = "best" if given.vouchers == ["best"] else given.vouchers
            amounts = (given.gross, given.discount)
            return till.redeem(given.token, vouchers, given.order, *amounts, key, **_more(given))
        case "reverse":
            return till.reverse(given.order, given.reason, key, given.refund, given.approval)
        case "list":
            names = ("limit", "cursor", "from", "to")
            return till.listing(**{name: value for name in names if (value := getattr(given, name))})
        case "rotate":
            return till.rotate_key(key)
    return till.find(given.order)


def _more(given: argparse.Namespace) -> dict[str, Any]:
    more: dict[str, Any] = {"items": given.item} if given.item else {}
    return more | ({"confirm_duplicate": True} if getattr(given, "confirm", False) else {})


def _typed(given: argparse.Namespace) -> Iterator[argparse.Namespace]:
    """The call, or one for every code that the scanner types."""
    if given.act != "scan" or given.code is not None:
        yield given
        return
    for line in sys.stdin:
        if line.strip():
            yield argparse.Namespace(**{**vars(given), "code": line.strip()})


def _made(till: Till, given: argparse.Namespace) -> int:
    try:
        answer = _call(till, given)
    except NoFinalAnswer as unknown:
        print(unknown, file=sys.stderr)
        return NOT_FINAL
    print(json.dumps(answer.body, ensure_ascii=False, indent=2), flush=True)
    return DONE if answer.status < 300 else REFUSED


def _reconciled(till: Till, journal: Journal, finish: bool) -> int:
    is_open = False
    for each in reconcile(till, journal, finish):
        line = {"key": each.call.key, "order_no": each.call.order_no, "outcome": each.outcome}
        body = each.answer and each.answer.body
        print(json.dumps({**line, "answer": body}, ensure_ascii=False), flush=True)
        is_open = is_open or each.outcome == "open"
    return NOT_FINAL if is_open else DONE


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: done; 1: refused; 3: no final answer, go on with the printed key, or reconcile."""
    parser = _arguments()
    given = parser.parse_args(argv)
    if given.act == "reconcile" and given.journal is None:
        parser.error("reconcile needs --journal")
    journal = Journal(given.journal) if given.journal else None
    secret = given.secret_file.read_text().strip()
    try:
        till = Till(given.url, given.key, secret, patience=given.patience)
        if given.act == "reconcile" and journal is not None:
            return _reconciled(till, journal, given.finish)
        till = Till(given.url, given.key, secret, patience=given.patience, memory=journal)
        return max((_made(till, each) for each in _typed(given)), default=DONE)
    finally:
        if journal is not None:
            journal.close()


if __name__ == "__main__":
    sys.exit(main())
