"""Who lives in the demo town, and who keeps shop there: Daguan district's real streets, made-up people and firms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from stdnum.cn import ric

from app.ankang.apply import Applicant

STAFF = (
    ("zhao", "赵组织", "organizer", "demo-organizer-1"),
    ("qian", "钱审核", "organizer", "demo-organizer-2"),
    ("zhou", "周经办", "author", "demo-author-1"),
    ("wu", "吴审批", "approver", "demo-approver-1"),
    ("sun", "孙会计", "finance", "demo-finance-1"),
    ("li", "李审计", "auditor", "demo-auditor-1"),
    ("zheng", "郑客服", "support", "demo-support-1"),
    ("han", "韩代办", "agent", "demo-agent-1"),
)
# Of one shop everybody who works there has a login that is printed.
COUNTER_STAFF = (
    ("owner", "方大观", "demo-owner", "demo-shop-owner"),
    ("finance", "余账房", "demo-finance", "demo-shop-finance"),
    ("cashier", "苏小店", "demo-cashier", "demo-shop-cashier"),
)
NAMED = (
    ("张三丰", "34080319900307123", "13800000001"),
    ("欧阳明", "34080319851112456", "13800000002"),
    ("王小红", "34080319720615728", "13800000003"),
)
CITIZENS = 260

AREA_CODE = "340803"
FIRST_BIRTHDAY, DAYS_OF_BIRTH = date(1950, 1, 1), 20_000
PHONES_FROM = 13_955_600_000
SURNAMES = (
    "王李张刘陈杨黄吴赵周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓韩冯曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢"
    "傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷"
)
ONE_GIVEN = "明静磊敏芳娟涛超霞平辉玲鹏婷倩雪慧勇波斌莉红军琳凯宁"
TWO_GIVEN = (
    "建国建军志强志刚国庆秀英桂英玉兰淑珍秀兰丽华海燕春梅文斌立新俊杰子轩梓涵浩然宇航欣怡思雨佳怡雨桐晓峰"
)
GIVEN = (*ONE_GIVEN, *(TWO_GIVEN[n : n + 2] for n in range(0, len(TWO_GIVEN), 2)))


@dataclass(frozen=True)
class Shop:
    """A merchant, its stores (name, area, address, tills); `weight`: how busy beside others; `dear`: in per cent.

    `habit` is how the orders look that somebody may put on hold: `hug` the threshold, or `round` hundreds. `is_late`:
    it came after the first campaign had been let go, which does not name it.
    """

    name: str
    category: str
    stores: tuple[tuple[str, str, str, int], ...]
    weight: int
    is_small: bool = True
    dear: int = 100
    habit: str = ""
    bank: str = "徽商银行安庆大观支行"
    is_late: bool = False


SHOPS = (
    Shop(
        "大观楼小吃",
        "餐饮",
        (("菱湖店", "菱湖街道", "菱湖北路 18 号", 2), ("人民路店", "孝肃路街道", "人民路 206 号", 1)),
        10,
    ),
    Shop(
        "德宽路超市",
        "零售",
        (
            ("德宽路店", "德宽路街道", "德宽路 77 号", 2),
            ("玉琳路店", "玉琳路街道", "玉琳路 31 号", 2),
            ("十里店", "十里铺乡", "独秀大道 5 号", 1),
        ),
        14,
        is_small=False,
        bank="中国工商银行安庆分行",
    ),
    Shop(
        "江毛水饺馆",
        "餐饮",
        (("孝肃路店", "孝肃路街道", "孝肃路 112 号", 1), ("龙狮桥店", "花亭路街道", "花亭路 9 号", 1)),
        12,
    ),
    Shop("花亭菜场鲜货铺", "零售", (("花亭店", "花亭路街道", "花亭路 66 号", 1),), 7),
    Shop("集贤里火锅", "餐饮", (("集贤店", "集贤路街道", "集贤南路 240 号", 2),), 9, dear=140),
    Shop(
        "皖江家电城",
        "家电",
        (("集贤路店", "集贤路街道", "集贤南路 88 号", 1),),
        5,
        is_small=False,
        dear=520,
        bank="中国建设银行安庆分行",
    ),
    Shop("菱湖书苑", "文旅", (("菱湖公园店", "菱湖街道", "菱湖南路 1 号", 1),), 6),
    Shop("黄梅戏小剧场", "文旅", (("玉琳路剧场", "玉琳路街道", "玉琳路 120 号", 1),), 6, is_small=False),
    Shop("海口渔家乐", "餐饮", (("海口店", "海口镇", "海口镇老街 15 号", 1),), 4, dear=130),
    Shop("山口农家铺", "零售", (("山口店", "山口乡", "山口乡政府路 3 号", 1),), 4, is_late=True),
    Shop("老街茶叶铺", "零售", (("德宽路茶铺", "德宽路街道", "德宽路 19 号", 1),), 0, habit="hug"),
    Shop("江畔大排档", "餐饮", (("江畔店", "菱湖街道", "沿江东路 47 号", 1),), 0, habit="round"),
)
# By position: who has not had its account verified, whose account the bank refuses once, who has just changed it.
UNVERIFIED, REFUSED_ONCE, COOLING = 9, 3, 8

# What becomes of them: (firm, unified social credit code without its check character, contact, phone, what follows).
APPLICANTS = (
    ("石塘湖渔具店", "92340803MA2T1A001", "石海涛", "13955500001", "submitted"),
    ("吴樾街裁缝铺", "92340803MA2T1A002", "吴秀兰", "13955500002", "returned"),
    ("宜城烟花商行", "92340803MA2T1A003", "程立新", "13955500003", "rejected"),
    ("钱牌楼豆腐坊", "92340803MA2T1A004", "钱桂英", "13955500004", "approved"),
)


def with_check(seventeen: str) -> str:
    """The ID number with its check character (GB 11643)."""
    return seventeen + ric.calc_check_digit(seventeen + "0")


def named() -> list[Applicant]:
    """Those whose phones are printed among the logins."""
    return [Applicant(name, with_check(seventeen), phone) for name, seventeen, phone in NAMED]


def others(chance: Random) -> Iterator[Applicant]:
    """Everybody else: each birthday once, so that no two have one ID number."""
    birthdays = chance.sample(range(DAYS_OF_BIRTH), CITIZENS - len(NAMED))
    for number, day in enumerate(birthdays):
        name = chance.choice(SURNAMES) + chance.choice(GIVEN)
        born = FIRST_BIRTHDAY + timedelta(days=day)
        seventeen = f"{AREA_CODE}{born:%Y%m%d}{chance.randrange(1, 999):03d}"
        yield Applicant(name, with_check(seventeen), str(PHONES_FROM + number))
