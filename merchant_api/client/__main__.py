"""A till on the command line, by the client of `till.py`: `python -m merchant_api.client --help`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from merchant_api.client.till import Answer, NoFinalAnswer, Till


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="till", description="A till. Amounts are in fen.")
    parser.add_argument("--url", required=True, help="e.g. http://127.0.0.1:8000")
    parser.add_argument("--key", required=True, help="the terminal's key id, live_… or test_…")
    parser.add_argument("--secret-file", required=True, type=Path, help="a file with the key's secret")
    parser.add_argument("--idempotency-key", help="go on with a call that had no final answer")
    acts = parser.add_subparsers(dest="act", required=True)
    _act(acts, "scan", "code").add_argument("--purpose", choices=("voucher", "identity"), default="voucher")
    _act(acts, "quote", "token", "gross").add_argument("--discount", type=int, default=0)
    redeem = _act(acts, "redeem", "token", "gross", "order")
    redeem.add_argument("vouchers", nargs="+")
    redeem.add_argument("--discount", type=int, default=0, help="the merchant's own, in fen")
    _act(acts, "find", "order")
    _act(acts, "reverse", "order", "reason")
    return parser


def _act(acts: Any, name: str, *arguments: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name)
    for argument in arguments:
        parser.add_argument(argument, type=int if argument == "gross" else str)
    return parser


def _call(till: Till, given: argparse.Namespace) -> Answer:
    key = given.idempotency_key
    match given.act:
        case "scan":
            return till.scan(given.code, given.purpose, key=key)
        case "quote":
            return till.quote(given.token, given.gross, given.discount)
        case "redeem":
            return till.redeem(given.token, given.vouchers, given.order, given.gross, given.discount, key)
        case "reverse":
            return till.reverse(given.order, given.reason, key)
    return till.find(given.order)


def main(argv: list[str] | None = None) -> int:
    """Exit code 0: done; 1: refused; 3: no final answer, go on with the printed key."""
    given = _arguments().parse_args(argv)
    till = Till(given.url, given.key, given.secret_file.read_text().strip())
    try:
        answer = _call(till, given)
    except NoFinalAnswer as unknown:
        print(unknown, file=sys.stderr)
        return 3
    print(json.dumps(answer.body, ensure_ascii=False, indent=2))
    return 0 if answer.status < 300 else 1


if __name__ == "__main__":
    sys.exit(main())
