"""Where a case is played: it makes customers, runs the client, checks what it said, and keeps the books of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from loadtest.certify import manners
from loadtest.certify.books import Books
from loadtest.certify.client import DONE, NOT_FINAL, REFUSED, Client, Said
from loadtest.certify.proxy import Proxy
from loadtest.certify.sandbox import Customer, Sandbox

CAUGHT_WITHIN_S = 20.0
DISCOUNT_FEN = {20: 2_000, 50: 5_000}


class Failed(Exception):
    """The case is not passed; the text says why."""


def check(holds: bool, zh_en: str) -> None:
    """Raises Failed with this text unless it holds."""
    if not holds:
        raise Failed(zh_en)


@dataclass
class Stage:
    """One case of one run. Orders are named by the run's prefix, the case, and a number."""

    sandbox: Sandbox
    proxy: Proxy
    client: Client
    books: Books
    name: str
    faults: list[str] = field(default_factory=list)

    def order(self, number: int = 1) -> str:
        """The same in every run but for its prefix."""
        order_no = f"{self.name}-{number}"
        self.books.open(order_no)
        return order_no

    def key(self, number: int = 1) -> str:
        """A key that the list chooses, to repeat a call with."""
        return f"{self.name}-key-{number}"

    def customer(self, *vouchers: int | tuple[int, str], condition: str = "active") -> Customer:
        """Somebody with these vouchers: yuan, and their condition where they are not simply usable."""
        wanted = [(each, "usable") if isinstance(each, int) else each for each in vouchers]
        return self.sandbox.customer(*wanted, condition=condition)

    def run(self, *words: str | int, key: str | None = None) -> Said:
        """One call of the client, and how it behaved on the wire."""
        before = len(self.proxy.exchanges)
        options = ("--idempotency-key", key) if key else ()
        said = self.client.run(*options, *map(str, words))
        self.faults += manners.faults(self.proxy.exchanges[before:])
        check(said.exit_code != NOT_FINAL, f"{words[0]}: 没有最终答复 gave up without a final answer")
        return said

    def scan(self, code: str, *words: str | int) -> dict[str, Any]:
        """A scan that is accepted."""
        return done(self.run("scan", code, *words))

    def token(self, customer: Customer) -> str:
        """The token of a scan of this customer's first code."""
        return str(self.scan(customer.code)["scan_token"])

    def sale(
        self,
        proof: str,
        gross_fen: int,
        order_no: str,
        vouchers: Sequence[str],
        *more: str | int,
        act: str = "redeem",
        key: str | None = None,
    ) -> Said:
        """A redemption or a reservation, granted or refused."""
        said = self.run(act, proof, gross_fen, order_no, *vouchers, *more, key=key)
        self._sold(order_no, said)
        return said

    def capture(self, order_no: str, gross_fen: int) -> Said:
        """Redeem what is held for an order."""
        said = self.run("capture", gross_fen, order_no)
        self._sold(order_no, said)
        return said

    def release(self, order_no: str) -> dict[str, Any]:
        """Give back what is held for an order."""
        answer = done(self.run("release", order_no))
        self.books.released(order_no)
        return answer

    def reverse(self, order_no: str, refund_fen: int | None = None, key: str | None = None) -> Said:
        """Undo an order, or refund a part of it."""
        part = () if refund_fen is None else ("--refund", refund_fen)
        said = self.run("reverse", order_no, "认证 certification", *part, key=key)
        if said.exit_code == DONE:
            self.books.reversed(said.body)
        return said

    def find(self, order_no: str) -> Said:
        """Look an order up."""
        said = self.run("find", order_no)
        if said.exit_code == DONE:
            self.books.found(said.body)
        return said

    def killed(self, path: str, *words: str | int, forward: bool) -> None:
        """Kill the client once its request to this path was sent; `forward`: the platform has answered it then."""
        with self.proxy.holding(path, forward=forward) as hold:
            caught = self.client.killed(lambda: hold.caught.wait(CAUGHT_WITHIN_S), *map(str, words))
        check(caught, f"{words[0]}: 没有发出请求 sent no request to {path}")

    def reconcile(self) -> None:
        """Bring open calls to their end; each line's answer is what the client knows now."""
        said = self.run("reconcile")
        check(bool(said.lines), "reconcile: 日志里没有未完成的请求 found no open call in the journal")
        for line in said.lines:
            answer = line.get("answer") or {}
            if "refunded_fen" in answer:
                self.books.reversed(answer)
            elif "order_no" in answer:
                self.books.found(answer)

    def _sold(self, order_no: str, said: Said) -> None:
        if said.exit_code == REFUSED:
            self.books.refused(order_no, said.body)
        elif said.body.get("state") == "held":
            self.books.reserved(order_no)
        else:
            self.books.redeemed(said.body)


def done(said: Said) -> dict[str, Any]:
    """The body of an effect. Raises Failed for a refusal."""
    check(said.exit_code == DONE, f"被拒 was refused: {said.code or said.exit_code}")
    return said.body


def refused(said: Said, code: str) -> dict[str, Any]:
    """The body of this refusal. Raises Failed for anything else."""
    seen = said.code or f"exit {said.exit_code}"
    check(said.code == code, f"应拒 should be refused: {code}; {seen}")
    return said.body


def receipt(said: Said, order_fen: int, *yuan: int) -> dict[str, Any]:
    """The receipt of an order of this amount, paid with vouchers worth so many yuan. Raises Failed."""
    body, used_fen = done(said), sum(DISCOUNT_FEN[each] for each in yuan)
    wanted = {"state": "redeemed", "order_fen": order_fen, "used_fen": used_fen}
    wanted["customer_pays_fen"] = order_fen - used_fen
    told = {name: body.get(name) for name in wanted}
    check(told == wanted, f"小票不对 the receipt says {told}, should be {wanted}")
    return body
