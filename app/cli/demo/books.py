"""Money and lists: settlements, the bank, holds, a lottery, a list of people, files, webhooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from app import sql
from app.cli.demo import cast
from app.cli.demo.town import Town
from app.domain.payout import Answer, Outcome
from app.events import webhooks
from app.merchants import appeals
from app.models import HoldCase, MerchantStaff, Payout, PayoutAttempt
from campaigns import lottery, lottery_run, returns, settlement
from campaigns.exports import files
from campaigns.holds import adjust, cases, detect, samples
from campaigns.payouts import make, results
from campaigns.targets import file, lists

REVIEW_PERCENT = 8
LATE_SAMPLES = 3  # are left to look at
PUBLIC_VALUE = "3921.47"
TOLD = ["settlement.approved", "payout.paid", "payout.held", "payout.released", "lottery.drawn"]
RECEIVERS = {
    "organizer": "https://data.daguan.example/ankang/events",
    "merchant": "https://erp.dkl.example/ankang",
}


def settle(town: Town, of: str, name: str, cutoff: int, review_percent: int = 0) -> None:
    """Close up to `cutoff`, and write the lines."""
    campaign_id, opener = town.campaigns[of], town.staff["sun"]
    opened = partial(
        settlement.open_batch,
        campaign_id=campaign_id,
        cutoff=cutoff,
        opener_id=opener,
        review_percent=review_percent,
    )
    town.settlements[name] = town.act("sun", "settlement.open", campaign_id, opened).object_id or ""
    settlement.compute(town.settlements[name])


def approve(town: Town, name: str) -> None:
    """A second person has looked at it."""
    settlement_id = town.settlements[name]
    approved = partial(settlement.approve, settlement_id=settlement_id, actor_id=town.staff["wu"])
    town.act("wu", "settlement.approve", settlement_id, approved)


def send_to_bank(town: Town, name: str) -> None:
    """What may be paid goes into a file for the bank."""
    settlement_id = town.settlements[name]
    made = partial(make.make, settlement_id=settlement_id, actor_id=town.staff["sun"])
    town.act("sun", "payout.make", settlement_id, made)


def bank_answers(town: Town, name: str, *, refuses: bool = False, keeps_silent: int = 0) -> None:
    """The bank's word on what it has not answered yet: paid, but for one firm, and for some nothing is heard of."""
    waiting = _waiting(town.settlements[name])
    unlucky = town.firms[cast.REFUSED_ONCE].merchant_id if refuses else ""
    answers = [
        Answer(row.bank_key, Outcome.REFUSED, row.amount_fen, "", "户名与账号不符")
        if row.merchant_id == unlucky
        else Answer(row.bank_key, Outcome.PAID, row.amount_fen, f"HS{row.bank_key[-12:]}", "")
        for row in waiting[: len(waiting) - keeps_silent]
    ]
    town.act("sun", "payout.results", "", lambda session: results.hear(session, answers))


def _waiting(settlement_id: str) -> Sequence[Any]:
    wanted = (
        select(PayoutAttempt.bank_key, PayoutAttempt.amount_fen, Payout.merchant_id)
        .join(Payout, Payout.id == PayoutAttempt.payout_id)
        .where(Payout.settlement_id == settlement_id, PayoutAttempt.state == "sent")
        .order_by(PayoutAttempt.bank_key)
    )
    with sql.reading() as session:
        return session.execute(wanted).all()


def look_at_samples(town: Town, name: str) -> None:
    """Most of the sample is good; some of it waits for tomorrow."""
    settlement_id, reviewer = town.settlements[name], town.staff["qian"]
    with sql.reading() as session:
        drawn = samples.of_settlement(session, settlement_id)["items"]
    for item in drawn[LATE_SAMPLES:]:
        looked = partial(
            samples.review,
            settlement_id=settlement_id,
            line_id=item["line_id"],
            verdict="good",
            reason="小票与订单一致",
            actor_id=reviewer,
        )
        town.act("qian", "settlement.review", settlement_id, looked, "小票与订单一致")


def look_for_signs(town: Town) -> None:
    """The rules look through the second campaign: two shops have something to explain."""
    campaign_id, actor = town.campaigns["sold_out"], town.staff["sun"]
    town.act("sun", "hold.scan", campaign_id, partial(detect.scan, campaign_id=campaign_id, actor_id=actor))
    with sql.reading() as session:
        town.cases = {row.rule: row.id for row in session.scalars(select(HoldCase))}


def appeal(town: Town) -> None:
    """One of them has an explanation: its menu has prices in whole hundreds."""
    case_id, words = town.cases["round_amounts"], "本店以整百元套餐为主，菜单与后厨出单记录已上传"
    owner_id = next(firm.owner_id for firm in town.firms if firm.shop.habit == "round")
    with sql.reading() as session:
        owner = session.get_one(MerchantStaff, owner_id)
    town.act(
        owner_id, "hold.appeal", case_id, partial(appeals.appeal, case_id=case_id, member=owner, words=words)
    )


def let_go(town: Town) -> None:
    """A second person believes it."""
    case_id, reason = town.cases["round_amounts"], "菜单属实，予以解除"
    decided = partial(cases.decide, case_id=case_id, to="released", reason=reason, actor_id=town.staff["wu"])
    town.act("wu", "hold.released", case_id, decided, reason)


def hold_one(town: Town) -> None:
    """Somebody called about one purchase: held, and kept."""
    paid, reason = town.paid[-1], "群众举报：未实际消费"
    held = partial(cases.hold, redemption_id=paid.redemption_id, reason=reason, actor_id=town.staff["qian"])
    case_id = town.act("qian", "hold.open", paid.redemption_id, held, reason).object_id or ""
    upheld = partial(cases.decide, case_id=case_id, to="upheld", reason="监控核实", actor_id=town.staff["wu"])
    town.act("wu", "hold.upheld", case_id, upheld, "监控核实")
    town.paid.remove(paid)


def adjustments(town: Town) -> None:
    """A gesture that was let go, a claw-back that waits for the second person."""
    terms = {
        "merchant_id": town.firms[8].merchant_id,
        "kind": "gesture",
        "amount_fen": 20_000,
        "reason": "断电当日损失补偿",
    }
    made = _propose(town, terms)
    decided = partial(adjust.decide, adjustment_id=made, to="approved", actor_id=town.staff["wu"])
    town.act("wu", "adjustment.approved", made, decided)
    _propose(
        town,
        terms
        | {
            "merchant_id": town.firms[1].merchant_id,
            "kind": "clawback",
            "amount_fen": 3_500,
            "reason": "重复补贴追回",
        },
    )


def _propose(town: Town, terms: dict[str, Any]) -> str:
    proposed = partial(
        adjust.propose, campaign_id=town.campaigns["sold_out"], terms=terms, actor_id=town.staff["sun"]
    )
    return town.act("sun", "adjustment.propose", "", proposed, terms["reason"]).object_id or ""


def return_the_rest(town: Town) -> None:
    """What the settled campaign did not need goes back to the treasury."""
    campaign_id = town.campaigns["settled"]
    asked = partial(returns.ask, campaign_id=campaign_id, actor_id=town.staff["sun"])
    return_id = town.act("sun", "treasury_return.ask", campaign_id, asked).object_id or ""
    decided = partial(returns.decide, return_id=return_id, actor_id=town.staff["wu"], state="approved")
    town.act("wu", "treasury_return.approve", return_id, decided, "结余缴回财政")


def freeze_list(town: Town) -> None:
    """Registration is over: the list is frozen and its hash published."""
    lottery_run.run(town.batches["drawn"][0])


def draw(town: Town) -> None:
    """The named value is known; one enters it, another lets the draw go, the winners get their vouchers."""
    (batch_id,) = town.batches["drawn"]
    entered = partial(lottery.enter_value, batch_id=batch_id, value=PUBLIC_VALUE, actor_id=town.staff["zhao"])
    town.act("zhao", "lottery.value", batch_id, entered)
    asked = partial(lottery.ask_draw, batch_id=batch_id, actor_id=town.staff["qian"])
    town.act("qian", "lottery.draw", batch_id, asked)
    lottery_run.run(batch_id)


def issue_list(town: Town) -> None:
    """A list with a few bad lines: checked, released by a second person, issued."""
    list_id = _upload(town, slice(20, 75))
    released = partial(lists.release, list_id=list_id, actor_id=town.staff["wu"])
    town.act("wu", "target_list.release", list_id, released)
    lists.work(list_id)


def check_list(town: Town) -> None:
    """A second list, checked, that waits for its second person."""
    _upload(town, slice(80, 100))


def _upload(town: Town, which: slice) -> str:
    """People of the town, one of them twice, one misspelt, and one whom nobody knows."""
    people = [(one.id_number, one.name) for one in town.applicants[which]]
    number, name = people[0]
    wrong = [(number, name), (number[:-1] + "A", name), (cast.with_check("34080319491001777"), "柴旺")]
    text = io.StringIO()
    csv.writer(text).writerows([("身份证号", "姓名"), *people, *wrong])
    (batch_id,) = town.batches["targeted"]
    uploaded = partial(
        lists.upload,
        batch_id=batch_id,
        file=file.opened(text.getvalue().encode()),
        uploader_id=town.staff["zhou"],
    )
    list_id = town.act("zhou", "target_list.upload", batch_id, uploaded).object_id or ""
    lists.work(list_id)
    return list_id


def export(town: Town, of: str, kind: str) -> None:
    """A file of a campaign's numbers, written at once: no worker runs yet."""
    asked = partial(files.ask, campaign_id=town.campaigns[of], kind=kind, asker_id=town.staff["sun"])
    answer = town.act("sun", "export.ask", "", asked, f"{kind} {town.campaigns[of]}")
    files.write(answer.object_id or "")


def subscribe(town: Town) -> None:
    """Two receivers that want to hear of money."""
    for who, owner, url in _receivers(town):
        wanted = webhooks.Wanted(url, TOLD if owner == webhooks.ORGANIZER else TOLD[:4])
        town.act(who, "webhook.create", "", partial(webhooks.add, owner=owner, wanted=wanted))


def switch_off(town: Town) -> None:
    """Before the platform runs: their addresses are made up, and nothing of a demo leaves the machine."""
    for who, owner, _ in _receivers(town):
        with sql.reading() as session:
            found = webhooks.of_owner(session, owner)
        for each in found:
            off = partial(webhooks.switch, owner=owner, webhook_id=each["webhook_id"], status="suspended")
            town.act(who, "webhook.suspend", each["webhook_id"], off)


def _receivers(town: Town) -> list[tuple[str, str, str]]:
    firm = town.firms[1]
    return [
        ("zhao", webhooks.ORGANIZER, RECEIVERS["organizer"]),
        (firm.owner_id, firm.merchant_id, RECEIVERS["merchant"]),
    ]
