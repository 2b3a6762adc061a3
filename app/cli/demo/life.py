"""What citizens do all day: claim, show their code, pay, bring something back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from flask import current_app
from sqlalchemy import Row, text

from app import clock, once, sql
from app.ankang import reading
from app.ankang.scan import Till
from app.citizen import displays
from app.cli.demo.town import Firm, Paid, Town, key
from app.domain.quote import Order
from app.domain.refusals import Refused
from app.vouchers import claim, redeem, registration
from app.vouchers.redeeming import Request
from app.vouchers.reverse import Asked, reverse
from merchant_api import scans

UNUSED = text(
    "SELECT v.id, v.citizen_id, v.batch_id, v.face_fen, b.threshold_fen, b.categories, b.merchants, v.campaign_id"
    " FROM voucher v"
    " JOIN batch b ON b.id = v.batch_id JOIN campaign c ON c.id = v.campaign_id JOIN citizen z ON z.id = v.citizen_id"
    " WHERE v.status = 'issued' AND v.valid_to > :at AND v.hold_until <= :at AND NOT c.is_test AND z.status = 'active'"
    " ORDER BY v.id"
)
# How full the shops are from 8 to 21 o'clock: noon and evening.
HOURS = dict(zip(range(8, 22), (1, 2, 3, 6, 10, 6, 3, 2, 3, 6, 10, 9, 5, 2), strict=True))
# One in four is scanned before the goods are counted, as at a till that shows a quote.
SCANNED_FIRST = 4


@dataclass(frozen=True)
class Visit:
    """Somebody at a till with a voucher."""

    till: Till
    voucher: Row[Any]
    order: Order


def rush(batch_id: str, citizen_ids: Sequence[str]) -> None:
    """These press the button in the same second."""
    wanted = [claim.Claim(each, batch_id, key(each, "claim")) for each in citizen_ids]
    claim.lane(current_app._get_current_object()).run_all(wanted)  # type: ignore[attr-defined]


def register(batch_id: str, citizen_ids: Sequence[str]) -> None:
    """These put themselves on the list of a lottery."""
    for each in citizen_ids:
        with suppress(Refused):
            registration.register(each, batch_id, key(each, "register"))


def shopping(town: Town, visitors: int) -> None:
    """So many pay at the same moment, somewhere in the district."""
    firms = [firm for firm in town.firms if firm.shop.weight]
    pay(town, visits(town, firms, visitors))


def habits(town: Town) -> None:
    """Orders at two shops that look alike, one after the other: somebody may ask why."""
    firms = [firm for firm in town.firms if firm.shop.habit]
    for firm in firms:
        pay(town, visits(town, [firm], 1, town.campaigns["sold_out"]))


def visits(town: Town, firms: Sequence[Firm], visitors: int, campaign_id: str = "") -> list[Visit]:
    """Nobody twice, each with a voucher that one of these firms takes."""
    found: list[Visit] = []
    here: set[str] = set()
    for voucher in town.chance.sample(unused := _unused(campaign_id), len(unused)):
        if len(found) == visitors:
            break
        takers = [firm for firm in firms if _takes(firm, voucher)]
        if voucher.citizen_id not in here and takers:
            here.add(voucher.citizen_id)
            found.append(_visit(town, takers, voucher))
    return found


def _takes(firm: Firm, voucher: Row[Any]) -> bool:
    is_of_category = not voucher.categories or f'"{firm.shop.category}"' in voucher.categories
    return is_of_category and not (voucher.merchants and firm.shop.is_late)


def _unused(campaign_id: str) -> Sequence[Row[Any]]:
    with sql.reading() as session:
        rows = session.execute(UNUSED, {"at": clock.now()}).all()
    return [row for row in rows if campaign_id in ("", row.campaign_id)]


def _visit(town: Town, firms: Sequence[Firm], voucher: Row[Any]) -> Visit:
    (firm,) = town.chance.choices(firms, [firm.shop.weight or 1 for firm in firms])
    gross_fen = _gross_fen(town.chance, firm, voucher.threshold_fen)
    off_fen = gross_fen * town.chance.randint(2, 6) // 100 if town.chance.random() < 0.12 else 0
    if firm.shop.habit or gross_fen - off_fen < voucher.threshold_fen:
        off_fen = 0
    return Visit(town.chance.choice(firm.tills), voucher, Order(gross_fen, off_fen))


def _gross_fen(chance: Random, firm: Firm, threshold_fen: int) -> int:
    """What the basket costs: odd prices, seldom just enough; by its habit at a shop that has one."""
    base_fen = max(threshold_fen, 3_000)
    if firm.shop.habit == "round":
        return (base_fen // 10_000 + chance.randint(1, 3)) * 10_000
    if firm.shop.habit == "hug":
        return base_fen + chance.randint(0, base_fen // 100)
    fen = base_fen * chance.randint(103, 210) * firm.shop.dear // 10_000
    return max(fen, base_fen) // 10 * 10 + chance.choice((0, 0, 5, 8, 9)) + 10


def pay(town: Town, visits: Sequence[Visit]) -> list[once.Answer]:
    """Each shows a code, the till reads it and redeems; together, as busy minutes are."""
    if not visits:
        return []
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    shown = displays.lane(app).run_all([visit.voucher.citizen_id for visit in visits])
    codes = [each[0].digits for each in shown if not isinstance(each, Exception)]
    tokens = _scanned(visits[::SCANNED_FIRST], codes[::SCANNED_FIRST]) if town.chance.random() < 0.6 else {}
    asked = [
        Request(
            visit.till,
            tokens.get(code),
            None if code in tokens else code,
            [visit.voucher.id],
            town.order_no(visit.till),
            visit.order,
        )
        for visit, code in zip(visits, codes, strict=True)
    ]
    answers = redeem.redeem_all([(each, key(each.till.terminal_id, "redeem")) for each in asked])
    return [_remembered(town, each, answer) for each, answer in zip(asked, answers, strict=True)]


def _scanned(visits: Sequence[Visit], codes: Sequence[str]) -> dict[str, str]:
    """The scan tokens of these codes."""
    read = [
        scans.Scanning(
            reading.read(visit.till, code, "voucher"), visit.order, key(visit.till.terminal_id, "scan")
        )
        for visit, code in zip(visits, codes, strict=True)
    ]
    return {
        code: answer.body["scan_token"]
        for code, answer in zip(codes, scans.scan_all(read), strict=True)
        if isinstance(answer, once.Answer)
    }


def _remembered(town: Town, asked: Request, answer: once.Answer | Exception) -> once.Answer:
    """A town in which an ordinary purchase is refused is made wrong."""
    if isinstance(answer, Exception):
        raise answer
    once.final(answer)
    town.paid.append(Paid(asked.till, asked.order_no, asked.order.order_fen, answer.object_id or ""))
    return answer


def bring_back(town: Town) -> None:
    """Two customers come back: one returns everything, the other some of it; what is dear is left to a supervisor."""
    cheap = [each for each in town.paid[-60:] if each.order_fen <= 60_000]
    whole, part = town.chance.sample(cheap, 2)
    give_back(whole, Asked(whole.order_no, "菜品有误，整单退"))
    give_back(part, Asked(part.order_no, "部分商品退货", part.order_fen * town.chance.randint(20, 60) // 100))
    town.paid = [each for each in town.paid if each not in (whole, part)]


def give_back(paid: Paid, asked: Asked) -> once.Answer:
    """A refund at the till where it was paid."""
    return reverse(paid.till, asked, key(paid.till.terminal_id, "reverse"))
