"""A till on the command line, by the client of `till.py`: `python -m merchant_api.client --help`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from merchant_api.client.arguments import NEED_A_JOURNAL, parser
from merchant_api.client.journal import Journal, reconcile
from merchant_api.client.offline import ALLOWANCE, KEYS, Offline, Purchase
from merchant_api.client.till import Answer, NoFinalAnswer, Till

DONE, REFUSED, WRONG, NOT_FINAL = 0, 1, 2, 3


def _call(till: Till, given: argparse.Namespace) -> Answer:
    key = given.idempotency_key
    match given.act:
        case "scan":
            return till.scan(given.code, given.purpose, given.gross, key=key)
        case "quote":
            return till.quote(given.token, given.gross, given.discount, **_more(given))
        case "redeem":
            amounts = (given.gross, given.discount)
            return till.redeem(given.token, _ids(given), given.order, *amounts, key, **_more(given))
        case "reverse":
            return till.reverse(given.order, given.reason, key, given.refund, given.approval)
        case "list":
            names = ("limit", "cursor", "from", "to")
            return till.listing(**{name: value for name in names if (value := getattr(given, name))})
        case "rotate":
            return till.rotate_key(key)
        case "find":
            return till.find(given.order)
    return _held(till, given)


def _held(till: Till, given: argparse.Namespace) -> Answer:
    key = given.idempotency_key
    if given.act == "release":
        return till.release(given.order, key)
    more = {"merchant_discount_fen": given.discount, **_more(given)}
    if given.act == "capture":
        return till.capture(given.order, given.gross, key, **more)
    return till.reserve(given.token, _ids(given), given.order, given.gross, given.hold, key, **more)


def _ids(given: argparse.Namespace) -> list[str] | str:
    return "best" if given.vouchers == ["best"] else list(given.vouchers)


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


def _offline(till: Till, journal: Journal, given: argparse.Namespace) -> Iterator[Answer]:
    """The acts of a till that sometimes has no network; an upload has an answer for every line."""
    offline = Offline(journal)
    match given.act:
        case "issuer-keys":
            yield offline.keep(KEYS, till.issuer_keys())
        case "allowance":
            yield offline.keep(ALLOWANCE, till.allowance(given.idempotency_key))
        case "take":
            purchase = Purchase(given.order, given.gross, given.discount, time.time())
            yield offline.take(given.code, purchase)
        case "upload":
            yield from offline.upload(till)


def _reconciled(till: Till, journal: Journal, finish: bool) -> int:
    is_open = False
    for each in reconcile(till, journal, finish):
        line = {"key": each.call.key, "order_no": each.call.order_no, "outcome": each.outcome}
        body = each.answer and each.answer.body
        print(json.dumps({**line, "answer": body}, ensure_ascii=False), flush=True)
        is_open = is_open or each.outcome == "open"
    return NOT_FINAL if is_open else DONE


def _shown(answers: Iterable[Answer], indent: int | None) -> int:
    """Print each answer. Returns the exit code of the worst; raises NoFinalAnswer."""
    worst = DONE
    for answer in answers:
        print(json.dumps(answer.body, ensure_ascii=False, indent=indent), flush=True)
        worst = max(worst, DONE if answer.status < 300 else REFUSED)
    return worst


def _run(given: argparse.Namespace, journal: Journal | None) -> int:
    # What ends open calls, and the upload, remember by themselves what has no answer yet.
    memory = None if given.act in ("reconcile", "upload") else journal
    secret = given.secret_file.read_text().strip()
    till = Till(given.url, given.key, secret, patience=given.patience, memory=memory)
    if journal is not None and given.act == "reconcile":
        return _reconciled(till, journal, given.finish)
    if journal is not None and given.act in NEED_A_JOURNAL:
        return _shown(_offline(till, journal, given), None if given.act == "upload" else 2)
    worst = DONE
    for each in _typed(given):
        try:
            worst = max(worst, _shown([_call(till, each)], 2))
        except NoFinalAnswer as unknown:
            print(unknown, file=sys.stderr)
            worst = NOT_FINAL
    return worst


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: done; 1: refused; 2: not sent; 3: no final answer, go on with the printed key, or reconcile."""
    arguments = parser()
    given = arguments.parse_args(argv)
    if given.act in NEED_A_JOURNAL and given.journal is None:
        arguments.error(f"{given.act} needs --journal")
    journal = Journal(given.journal) if given.journal else None
    try:
        return _run(given, journal)
    except NoFinalAnswer as unknown:
        print(unknown, file=sys.stderr)
        return NOT_FINAL
    except ValueError as wrong:  # the key is open for another call
        print(wrong, file=sys.stderr)
        return WRONG
    finally:
        if journal is not None:
            journal.close()


if __name__ == "__main__":
    sys.exit(main())
