"""What the command line understands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

NEED_A_JOURNAL = ("reconcile", "allowance", "issuer-keys", "take", "upload")
FEN = ("gross",)


def parser() -> argparse.ArgumentParser:
    """All acts of a till."""
    made = argparse.ArgumentParser(prog="till", description="A till. Amounts are in fen.")
    made.add_argument("--url", required=True, help="e.g. http://127.0.0.1:8000")
    made.add_argument("--key", required=True, help="the terminal's key id, live_… or test_…")
    made.add_argument("--secret-file", required=True, type=Path, help="a file with the key's secret")
    made.add_argument("--journal", type=Path, help="a file for calls without a final answer: see reconcile")
    made.add_argument("--patience", type=float, default=60.0, help="seconds for a call with its repetitions")
    made.add_argument("--idempotency-key", help="go on with a call that had no final answer")
    acts = made.add_subparsers(dest="act", required=True)
    _buying(acts)
    _holding(acts)
    _afterwards(acts)
    _offline(acts)
    return made


def _buying(acts: Any) -> None:
    scan = acts.add_parser("scan", help="read a code; without one, each line that a scanner types into stdin")
    scan.add_argument("code", nargs="?")
    scan.add_argument("--purpose", choices=("voucher", "identity"), default="voucher")
    scan.add_argument("--gross", type=int, help="quote for an order of this amount too")
    _amounts(_act(acts, "quote", "token", "gross"))
    _vouchers(_amounts(_act(acts, "redeem", "token", "gross", "order")))


def _holding(acts: Any) -> None:
    reserve = _vouchers(_amounts(_act(acts, "reserve", "token", "gross", "order")))
    reserve.add_argument("--hold", type=int, default=300, help="for how many seconds")
    _confirm(_amounts(_act(acts, "capture", "gross", "order")))
    _act(acts, "release", "order")


def _afterwards(acts: Any) -> None:
    _act(acts, "find", "order")
    reverse = _act(acts, "reverse", "order", "reason")
    reverse.add_argument("--refund", type=int, help="a part of the order amount, in fen; else all of it")
    reverse.add_argument("--approval", help="the supervisor's approval, above the merchant's limit")
    listing = _act(acts, "list")
    for name in ("limit", "cursor", "from", "to"):
        listing.add_argument(f"--{name}")
    _act(acts, "rotate")
    ending = _act(acts, "reconcile")
    finish = "send sales again instead of reversing them"
    ending.add_argument("--finish", action="store_true", help=finish)


def _offline(acts: Any) -> None:
    acts.add_parser("issuer-keys", help="fetch the keys that verify offline codes: daily, while online")
    acts.add_parser("allowance", help="fetch what may be taken without a network today")
    take = acts.add_parser("take", help="without a network: note an intent for an AK1: code")
    take.add_argument("code")
    take.add_argument("gross", type=int)
    take.add_argument("order", help="a fresh order number")
    take.add_argument("--discount", type=int, default=0, help="the merchant's own, in fen")
    acts.add_parser("upload", help="send what was taken, until every intent is answered")


def _act(acts: Any, name: str, *arguments: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = acts.add_parser(name)
    for argument in arguments:
        made.add_argument(argument, type=int if argument in FEN else str)
    return made


def _amounts(act: argparse.ArgumentParser) -> argparse.ArgumentParser:
    act.add_argument("--discount", type=int, default=0, help="the merchant's own, in fen")
    act.add_argument("--item", action="append", type=_item, default=[], help="goods=fen, repeatable")
    return act


def _vouchers(act: argparse.ArgumentParser) -> argparse.ArgumentParser:
    act.add_argument("vouchers", nargs="+", help='voucher ids, or "best"')
    return _confirm(act)


def _confirm(act: argparse.ArgumentParser) -> argparse.ArgumentParser:
    act.add_argument("--confirm", action="store_true", help="another purchase, though it looks the same")
    return act


def _item(text: str) -> dict[str, Any]:
    goods, _, fen = text.partition("=")
    return {"goods": goods, "amount_fen": int(fen)}
