"""A statement as bytes: JSON, CSV, XLSX, PDF. Made again they are the same bytes, so their SHA-256 can be compared."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

import orjson
import xlsxwriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from app.domain.money import yuan
from app.domain.sheets import MARK, csv_text, digest, guarded
from app.merchants.statements.content import Posting, Statement

FONT = "STSong-Light"  # every PDF reader has it for Chinese; no font file is needed
pdfmetrics.registerFont(UnicodeCIDFont(FONT))
COLUMNS = ("序号 no", "时间 time", "类型 kind", "订单号 order", "门店 store", "金额(元) yuan", "备注 note")
WIDTHS = (44, 118, 70, 112, 76, 60, 60)  # of a PDF's columns, in points
KINDS = {
    "redeem": "核销 redeemed",
    "reverse": "撤销 reversed",
    "refund": "退款 refunded",
    "hold": "暂缓 on hold",
    "free": "放行 released",
    "gesture": "补偿 gesture",
    "clawback": "追回 clawed back",
}
ROWS_A_PAGE, LEADING, TOP, LEFT = 46, 15, 800, 28


def as_json(of: Statement) -> bytes:
    """Amounts in fen; `files` has the SHA-256 of each of the other forms."""
    hashes = {name: digest(make(of)) for name, make in SHEETS.items()}
    return orjson.dumps({**asdict(of), "files": hashes}, option=orjson.OPT_SORT_KEYS)


def as_csv(of: Statement) -> bytes:
    """UTF-8 with a byte order mark, without which spreadsheets misread Chinese."""
    rows: list[Sequence[str]] = [[guarded(word) for word in pair] for pair in _head(of)]
    rows.append(COLUMNS)
    rows += [
        [*map(guarded, _words(posting)), yuan(posting.amount_fen), guarded(posting.about)]
        for posting in of.postings
    ]
    return (MARK + csv_text(rows)).encode()


def as_xlsx(of: Statement) -> bytes:
    """One sheet; amounts are numbers, everything else is text."""
    written = io.BytesIO()
    book = xlsxwriter.Workbook(written, {"in_memory": True})
    book.set_properties({"created": datetime.fromisoformat(of.cutoff).replace(tzinfo=None)})
    sheet, money = book.add_worksheet("对账单"), book.add_format({"num_format": "0.00"})
    for row, pair in enumerate(_head(of)):
        for column, word in enumerate(pair):
            sheet.write_string(row, column, guarded(word))
    top = len(_head(of))
    for column, name in enumerate(COLUMNS):
        sheet.write_string(top, column, name)
    for row, posting in enumerate(of.postings, top + 1):
        for column, word in enumerate(_words(posting)):
            sheet.write_string(row, column, guarded(word))
        sheet.write_number(row, 5, posting.amount_fen / 100, money)
        sheet.write_string(row, 6, guarded(posting.about))
    book.close()
    return written.getvalue()


def as_pdf(of: Statement) -> bytes:
    """A4, a row a posting."""
    written = io.BytesIO()
    page = Canvas(written, pagesize=A4, invariant=1)
    page.setTitle("对账单 Statement")
    rows: list[Sequence[str]] = [*_head(of), COLUMNS]
    rows += [(*_words(posting), yuan(posting.amount_fen), posting.about) for posting in of.postings]
    pages = -(-len(rows) // ROWS_A_PAGE)
    for number in range(pages):
        page.setFont(FONT, 8)
        for at, row in enumerate(rows[number * ROWS_A_PAGE : (number + 1) * ROWS_A_PAGE]):
            for left, word in _placed(row):
                page.drawString(left, TOP - at * LEADING, word)
        page.drawString(LEFT, 30, f"{of.statement_id}  {number + 1}/{pages}")
        page.showPage()
    page.save()
    return written.getvalue()


def _placed(row: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where each word of a row begins; two words are a name and what it is, more are a table's row."""
    left = LEFT
    for word, width in zip(row, (120, 400) if len(row) == 2 else WIDTHS, strict=True):
        yield left, word if len(row) == 2 else _cut(word, width)
        left += width


def _cut(word: str, width: int) -> str:
    """As much of a word as its column holds."""
    while pdfmetrics.stringWidth(word, FONT, 8) > width - 4:
        word = word[:-1]
    return word


def _head(of: Statement) -> list[tuple[str, str]]:
    return [
        ("对账单 statement", of.statement_id),
        ("商户 merchant", of.merchant),
        ("门店 store", of.store or "全部 all"),
        ("活动 campaign", of.campaign),
        ("批次 settlement", str(of.number)),
        ("截止 cutoff", of.cutoff),
        ("合计(元) total", yuan(of.total_fen) if of.total_fen >= 0 else f"负 {yuan(of.total_fen)}"),
        ("结算明细 SHA-256", of.lines_sha256),
    ]


def _words(posting: Posting) -> tuple[str, str, str, str, str]:
    number = str(posting.posting_no)
    return number, posting.posted_at[:19], KINDS[posting.kind], posting.order_no, posting.store


SHEETS: dict[str, Callable[[Statement], bytes]] = {"csv": as_csv, "xlsx": as_xlsx, "pdf": as_pdf}
FORMS: dict[str, tuple[str, Callable[[Statement], bytes]]] = {
    "json": ("application/json", as_json),
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "pdf": ("application/pdf", as_pdf),
}
