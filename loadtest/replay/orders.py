"""One citizen's orders at the tills, with everything that goes wrong around them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from loadtest.replay.people import Citizen, Till, Unexpected
from loadtest.replay.plan import Order, Person, Slip
from loadtest.replay.play import Town

CHECKED_EACH = 25  # every so many-th order, and every undone one, is looked up by its number afterwards


def shop_all(town: Town) -> None:
    """Everybody goes shopping."""
    shoppers = [person for person in town.plan.people if person.orders]
    town.all_at_once("消费核销 orders", shoppers, lambda person: _shop(town, person))


def _shop(town: Town, person: Person) -> None:
    citizen = town.citizens[person.number]
    for order in person.orders:
        with town.till(order.till) as till:
            Visit(town, citizen, till, order).play()
    if person.claim_slip:
        _check_wallet(citizen, person)
    citizen.wire.close()


def _check_wallet(citizen: Citizen, person: Person) -> None:
    """The citizen sees which vouchers are used, and a scan for every order."""
    used = {
        citizen.vouchers[position]
        for order in person.orders
        if not order.undone
        for position in order.batches
    }
    shown = {
        each["voucher_id"]: each["status"] for each in citizen.look("wallet", "/api/v1/vouchers")["items"]
    }
    wanted = {voucher: "redeemed" if voucher in used else "issued" for voucher in citizen.vouchers.values()}
    scans = citizen.look("my scans", "/api/v1/ankang-code/scans?limit=100")["items"]
    listed = {scan["order_no"] for scan in scans if scan["result"] == "accepted"}
    if shown != wanted or not {order.number for order in person.orders} <= listed:
        raise Unexpected(f"wallet {shown} should be {wanted}; scans {listed}")


@dataclass
class Visit:
    """One order at one till."""

    town: Town
    citizen: Citizen
    till: Till
    order: Order

    def play(self) -> None:
        """Code, scan, payment, and the slip if there is one."""
        self._before()
        code = self.citizen.display()
        receipt = self._pay({"code": code} if self.order.slip is Slip.ONE_CALL else self._scan(code))
        self._check(receipt)
        self._after(code, receipt)
        if self.order.undone:
            self._undo()
        elif int(self.order.number[1:]) % CHECKED_EACH == 0:
            self._found_as("redeemed")

    def _before(self) -> None:
        match self.order.slip:
            case Slip.FORGED:
                self.till.scan(f"881{random.randrange(10**17):017d}", ("code_invalid",))
            case Slip.IDENTITY:
                self.till.scan(self.citizen.display(), purpose="identity")

    def _scan(self, code: str) -> dict[str, str]:
        """Scan, sometimes with the order for a quote at once, sometimes with a quote afterwards."""
        order = self._amounts() if self.order.quoted and self.order.discount_fen else None
        scanned = self.till.scan(code, order=order).body
        proof = {"scan_token": scanned["scan_token"]}
        if order:
            self._check_quote(scanned["quote"]["vouchers"])
        elif self.order.quoted:
            self._check_quote(self.till.quote({**proof, **self._amounts()}))
        return proof

    def _pay(self, proof: dict[str, str]) -> dict[str, Any]:
        body = {**proof, "voucher_ids": self._vouchers(), "order_no": self.order.number, **self._amounts()}
        match self.order.slip:
            case Slip.BELOW_THRESHOLD:
                self._pay_too_little(body)
            case Slip.CANCELLED_FIRST:
                self.till.reverse(f"{self.order.number}-C")
                self.till.redeem({**body, "order_no": f"{self.order.number}-C"}, ("order_reversed",))
            case Slip.CUT_OFF:
                return self.till.redeem_cut_off(body).body
            case Slip.REPEATED:
                return self._pay_twice(body)
        return self.till.redeem(body).body

    def _pay_too_little(self, body: dict[str, Any]) -> None:
        threshold = max(self.town.plan.batches[position].threshold_fen for position in self.order.batches)
        wrong = {**body, "gross_fen": threshold - 1, "merchant_discount_fen": 0}
        refusal = self.till.redeem(wrong, ("threshold_not_met",))
        if refusal.body.get("shortfall_fen") != 1:
            raise Unexpected(f"shortfall_fen: {refusal.body}")

    def _pay_twice(self, body: dict[str, Any]) -> dict[str, Any]:
        key = f"{self.order.number}-repeated"
        first = self.till.redeem(body, (201,), key)
        again = self.till.redeem(body, (200,), key)
        if again.body != first.body or not again.replayed:
            raise Unexpected(f"a repeated key: {again} after {first}")
        return first.body

    def _after(self, code: str, receipt: dict[str, Any]) -> None:
        match self.order.slip:
            case Slip.CODE_TWICE:
                with self.town.till((self.order.till + 1) % self.town.plan.tills) as other:
                    other.scan(code, ("code_consumed",))
            case Slip.VOUCHER_TWICE:
                proof = {"scan_token": self.till.scan(self.citizen.display()).body["scan_token"]}
                used = {
                    "voucher_ids": [receipt["lines"][0]["voucher_id"]],
                    "order_no": f"{self.order.number}-V",
                }
                self.till.redeem({**proof, **used, **self._amounts()}, ("voucher_used",))

    def _undo(self) -> None:
        undone = self.till.reverse(self.order.number).body
        if undone["returned"] != self._vouchers() or undone["reversed_fen"] != self.order.order_fen:
            raise Unexpected(f"a reversal: {undone}")
        self.till.reverse(self.order.number, (200,))  # again, under another key: the same answer
        self._found_as("reversed")

    def _found_as(self, state: str) -> None:
        found = self.till.find(self.order.number)
        if found["state"] != state:
            raise Unexpected(f"order {self.order.number} should be {state}: {found}")

    def _check(self, receipt: dict[str, Any]) -> None:
        used = self.town.plan.used_fen(self.order)
        wanted = {"order_no": self.order.number, "order_fen": self.order.order_fen, "used_fen": used}
        wanted |= {
            "forfeited_fen": 0,
            "customer_pays_fen": self.order.order_fen - used,
            "reimbursed_fen": used,
        }
        if any(receipt[name] != value for name, value in wanted.items()):
            raise Unexpected(f"receipt {receipt} should hold {wanted}")

    def _check_quote(self, quoted: list[dict[str, Any]]) -> None:
        offers = {each["voucher_id"]: each["discount_fen"] for each in quoted if each["applicable"]}
        for position, voucher in zip(self.order.batches, self._vouchers(), strict=True):
            if offers.get(voucher) != self.town.plan.batches[position].face_fen:
                raise Unexpected(f"quote {quoted} for {self.order}")

    def _vouchers(self) -> list[str]:
        return [self.citizen.vouchers[position] for position in self.order.batches]

    def _amounts(self) -> dict[str, int]:
        return {"gross_fen": self.order.gross_fen, "merchant_discount_fen": self.order.discount_fen}
