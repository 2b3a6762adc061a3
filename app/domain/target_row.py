"""What may become of a row of a targeted list, and what its report may show of an ID number."""

from __future__ import annotations

from enum import StrEnum

GOOD, ISSUED = "good", "issued"
_SHOWN_LENGTH = 18


class Reason(StrEnum):
    """Why a row gets no voucher; the stable codes of the report. Refusals of the issue itself keep their own code."""

    COLUMNS = "columns_wrong"
    ID_NUMBER = "id_number_invalid"
    DUPLICATE = "duplicate_in_list"
    UNKNOWN = "person_unknown"
    NAME = "name_mismatch"
    SUSPENDED = "citizen_suspended"
    LIMIT = "person_limit"
    STOCK = "sold_out"
    CLOSED = "campaign_closed"


SENTENCES: dict[str, tuple[str, str]] = {
    Reason.COLUMNS: ("列数不对", "wrong number of columns"),
    Reason.ID_NUMBER: ("身份证号码有误", "not a valid ID number"),
    Reason.DUPLICATE: ("名单内重复", "the person is in this list already"),
    Reason.UNKNOWN: ("未申领安康码", "no Ankang code was applied for"),
    Reason.NAME: ("姓名与身份证号不符", "the name is not this person's"),
    Reason.SUSPENDED: ("安康码已暂停使用", "the Ankang code is suspended"),
    Reason.LIMIT: ("已达每人限领数量", "the limit per person is reached"),
    Reason.STOCK: ("本批消费券已发完", "no voucher of this batch is left"),
    Reason.CLOSED: ("活动已结束", "the campaign was closed before the issue"),
}


def masked(id_number: str) -> str:
    """The first and last character as typed: "340803195001010019" → "3****************9". Short texts vanish."""
    text = "".join(character for character in id_number if character.isprintable()).strip()
    if len(text) < _SHOWN_LENGTH - 3:
        return "*" * len(text)
    return text[0] + "*" * (_SHOWN_LENGTH - 2) + text[-1]
