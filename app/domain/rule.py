"""The terms of a voucher in one plain sentence, Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.goods import GOODS
from app.domain.money import yuan
from app.domain.terms import WHOLE_BP, Kind, Terms, shown_window

Sentence = tuple[str, str]

DAYS = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)


def rule_of(terms: Terms, face_fen: int, threshold_fen: int) -> Sentence:
    """满100元减20元，不含烟草、酒类，限周五17:00–21:00，…。 and the same in English; for people, not for machines."""
    parts = [_off(terms, _short(face_fen), _short(threshold_fen) if threshold_fen else None)]
    parts += [part for part in (_goods(terms), _when(terms), _where(terms), _with(terms)) if part]
    return "，".join(zh for zh, _ in parts) + "。", ", ".join(en for _, en in parts) + "."


def _off(terms: Terms, face: str, threshold: str | None) -> Sentence:
    zh, en = ("", "") if threshold is None else (f"满{threshold}元", f" on orders of CNY {threshold} or more")
    if terms.off_bp is not None:
        part, off = _trimmed((WHOLE_BP - terms.off_bp) / 1000), _trimmed(terms.off_bp / 100)
        return f"{zh}打{part}折，最多减{face}元", f"{off} % off up to CNY {face}{en}"
    if terms.kind is Kind.CASH:
        return f"{zh}抵{face}元，不找零", f"Pays up to CNY {face}{en}, no change given"
    return f"{zh}减{face}元", f"CNY {face} off{en}"


def _goods(terms: Terms) -> Sentence | None:
    if terms.goods_in is not None:
        zh, en = _named(terms.goods_in)
        return f"限{zh}", f"for {en} only"
    if terms.goods_out is not None:
        zh, en = _named(terms.goods_out)
        return f"不含{zh}", f"not for {en}"
    return None


def _named(goods: Iterable[str]) -> Sentence:
    words = [GOODS[kind] for kind in goods]
    return "、".join(each["zh"] for each in words), " or ".join(each["en"] for each in words)


def _when(terms: Terms) -> Sentence | None:
    days = [DAYS[day - 1] for day in terms.weekdays or ()]
    hours = ["–".join(shown_window(window).values()) for window in terms.hours or ()]
    if not days and not hours:
        return None
    zh = "、".join(zh for zh, _ in days) + "、".join(hours)
    en = " ".join(filter(None, [", ".join(en for _, en in days), ", ".join(hours)]))
    return f"限{zh}", f"{en} only"


def _where(terms: Terms) -> Sentence | None:
    zh, en = [], []
    if terms.areas is not None:
        zh.append("、".join(terms.areas))
        en.append(f"in {_either(terms.areas)}")
    if terms.categories is not None:
        zh.append("、".join(terms.categories) + "类商户")
        en.append(f"at merchants of {_either(terms.categories)}")
    if terms.merchants:
        zh.append(f"指定{terms.merchants}家商户")
        en.append(f"at {terms.merchants} named merchants")
    return ("限" + "的".join(zh), " ".join(en)) if zh else None


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _with(terms: Terms) -> Sentence | None:
    if terms.exclusive_group is not None:
        return (
            f"不与其他“{terms.exclusive_group}”券同用",
            f"not with another voucher of “{terms.exclusive_group}”",
        )
    if terms.per_order is not None:
        return f"每单限用{terms.per_order}张", f"at most {terms.per_order} an order"
    return None


def _short(fen: int) -> str:
    return yuan(fen).removesuffix("00").removesuffix(".")


def _trimmed(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
