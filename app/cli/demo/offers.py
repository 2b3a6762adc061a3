"""The town's campaigns: what each offers, and how it came to be where it stands."""

from __future__ import annotations

from functools import partial
from typing import Any

from app import once
from app.cli.demo.town import SECOND_MS, Town
from app.domain.campaign import Act
from app.domain.instants import DAY_MS, MINUTE_MS
from app.gate import rebuild
from campaigns import indirect, manage

REASONS = {Act.SUBMIT: "方案已会签", Act.APPROVE: "预算与规则核对无误", Act.CLOSE: "活动期满"}
OPENED_AGO_MS = 30 * MINUTE_MS
# What may be given to merchants beside the redemptions.
GESTURES_FEN = 100_000


def batch(
    name: str, face_fen: int, threshold_fen: int, stock: int, window: tuple[int, int], **more: Any
) -> dict[str, Any]:
    """The terms of a batch; seven days after the claim unless `more` says otherwise."""
    usual = {
        "kind": "full_reduction",
        "person_limit": 1,
        "valid_from": None,
        "valid_to": None,
        "valid_days": 7,
    }
    claim_from, claim_to = window
    named = {"name": name, "face_fen": face_fen, "threshold_fen": threshold_fen, "stock": stock}
    return {**usual, **named, "claim_from": claim_from, "claim_to": claim_to, **more}


def autumn(town: Town) -> None:
    """Settled by now: claimed a week ago, closed the day before yesterday. It names its merchants."""
    named = [firm.merchant_id for firm in town.firms if not firm.shop.is_late]
    window = (town.at(-7, 10), town.at(-5, 22))
    _publish(
        town,
        "settled",
        "金秋惠民消费券（第一期）",
        [
            batch(
                "餐饮 满100减20",
                2_000,
                10_000,
                270,
                window,
                categories=["餐饮"],
                merchant_ids=named,
                valid_days=5,
            ),
            batch(
                "零售 满200减50",
                5_000,
                20_000,
                190,
                window,
                categories=["零售", "家电"],
                merchant_ids=named,
                valid_days=5,
            ),
        ],
    )


def night_market(town: Town) -> None:
    """Sold out: every voucher claimed, most of them spent, the rest in the wallets."""
    window = (town.at(-4, 10), town.at(3, 22))
    _publish(
        town,
        "sold_out",
        "菱湖之夜消费券（第二期）",
        [
            batch(
                "满100减25", 2_500, 10_000, 230, window, valid_days=10, categories=["餐饮", "零售", "文旅"]
            ),
            batch("满200减60", 6_000, 20_000, 230, window, valid_days=10),
        ],
        spare_fen=GESTURES_FEN,
    )


def open_now(town: Town) -> None:
    """Open since half an hour, with stock left."""
    opens = opened_at(town)
    window = (opens, opens + 3 * DAY_MS)
    _publish(
        town,
        "open",
        "安庆嗨购节消费券（第三期）",
        [
            batch("全场 满100减30", 3_000, 10_000, 240, window),
            batch(
                "文旅 代金券 20 元", 2_000, 0, 200, window, kind="cash", categories=["文旅"], valid_days=15
            ),
        ],
    )


def coming(town: Town) -> None:
    """Opens tomorrow at ten; a second batch is a lottery that takes registrations already."""
    morning = (town.at(1, 10), town.at(4, 22))
    lottery = (opened_at(town), town.at(1, 18))
    _publish(
        town,
        "coming",
        "双十二家电焕新券（第四期）",
        [
            batch("家电 满1000减200", 20_000, 100_000, 120, morning, categories=["家电"], valid_days=15),
            batch(
                "超市 八折券", 3_000, 5_000, 500, morning, kind="percent", off_bp=2_000, categories=["零售"]
            ),
        ],
    )
    _publish(
        town,
        "registering",
        "黄梅戏惠民演出摇号（冬季）",
        [
            batch(
                "演出 代金券 80 元",
                8_000,
                0,
                40,
                lottery,
                kind="cash",
                mode="lottery",
                public_value_name="次日上证指数收盘价",
                categories=["文旅"],
            )
        ],
    )


def drawn(town: Town) -> None:
    """A lottery whose winners have their vouchers."""
    _publish(
        town,
        "drawn",
        "黄梅戏惠民演出摇号（秋季）",
        [
            batch(
                "演出 代金券 50 元",
                5_000,
                0,
                60,
                (town.at(-6, 9), town.at(-4, 18)),
                kind="cash",
                mode="lottery",
                public_value_name="摇号次日上证指数收盘价",
                categories=["文旅"],
                valid_days=30,
            )
        ],
    )


def targeted(town: Town) -> None:
    """For people on a list."""
    window = (town.at(-5, 9), town.at(20, 22))
    _publish(
        town,
        "targeted",
        "困难群众暖冬券（定向发放）",
        [batch("暖冬 代金券 30 元", 3_000, 0, 100, window, kind="cash", mode="targeted", valid_days=30)],
    )


def unfinished(town: Town) -> None:
    """A draft left lying until its opening had passed, its budget cut meanwhile; and one that waits for review."""
    window = (town.at(-1, 10), town.at(2, 22))
    draft = _draft(town, "draft", "春节备货券（草稿）", [batch("满300减80", 8_000, 30_000, 300, window)])
    cut = partial(manage.edit_campaign, campaign_id=draft, changes={"budget_fen": 1_000_000})
    town.act("zhou", "campaign.edit", draft, cut)
    window = (town.at(6, 10), town.at(12, 22))
    review = _draft(
        town,
        "in_review",
        "元旦文旅券（待审）",
        [batch("满200减80", 8_000, 20_000, 400, window, categories=["文旅"])],
    )
    change(town, review, Act.SUBMIT, "zhou")


def close_autumn(town: Town) -> None:
    """Its vouchers have lapsed."""
    change(town, town.campaigns["settled"], Act.CLOSE, "zhao")


def state_factor(town: Town) -> None:
    """What the statistics of spring said about shopping beside the vouchers."""
    for name in ("settled", "sold_out"):
        terms = {"factor_bp": 21_500, "source": "安庆师范大学《2026 年春季消费券乘数调查》（演示）"}
        stated = partial(
            indirect.state, campaign_id=town.campaigns[name], terms=terms, actor_id=town.staff["zhao"]
        )
        town.act("zhao", "campaign.indirect", town.campaigns[name], stated)


def opened_at(town: Town) -> int:
    """When the open campaign opened: half an hour ago, on the second."""
    return (town.now - OPENED_AGO_MS) // SECOND_MS * SECOND_MS


def change(town: Town, campaign_id: str, act: Act, who: str) -> None:
    """One act on a campaign; its gates hear of it. No other process runs that would have to."""
    moved = partial(manage.change_state, campaign_id=campaign_id, act=act, actor_id=town.staff[who])
    town.act(who, f"campaign.{act.value}", campaign_id, moved, REASONS[act])


def _publish(town: Town, name: str, title: str, batches: list[dict[str, Any]], spare_fen: int = 0) -> None:
    campaign_id = _draft(town, name, title, batches, spare_fen)
    change(town, campaign_id, Act.SUBMIT, "zhou")
    change(town, campaign_id, Act.APPROVE, "wu")
    for made, terms in zip(town.batches[name], batches, strict=True):
        if terms.get("mode", "first_come") == "first_come":
            rebuild.rebuild(made)


def _draft(town: Town, name: str, title: str, batches: list[dict[str, Any]], spare_fen: int = 0) -> str:
    budget_fen = spare_fen + sum(terms["face_fen"] * terms["stock"] for terms in batches)
    terms = {"name": title, "budget_fen": budget_fen, "is_test": False}
    author = town.staff["zhou"]
    made = town.act(
        "zhou", "campaign.create", "", partial(manage.create_campaign, terms=terms, author_id=author)
    )
    campaign_id = town.campaigns[name] = _id(made)
    town.batches[name] = [
        _id(
            town.act(
                "zhou",
                "batch.create",
                campaign_id,
                partial(manage.create_batch, campaign_id=campaign_id, terms=each),
            )
        )
        for each in batches
    ]
    return campaign_id


def _id(answer: once.Answer) -> str:
    return answer.object_id or ""
