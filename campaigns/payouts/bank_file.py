"""The file for the bank: written from its attempts, the same bytes each time it is asked for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain import sheets
from app.domain.money import yuan
from app.domain.refusals import Refusal, Refused
from app.extensions import vault
from app.models import BankAccount, PayoutAttempt, PayoutFile

COLUMNS = ("bank_key", "amount", "account_name", "account_number", "bank_name", "pay_by")


def content(session: Session, file_id: str) -> bytes:
    """CSV (RFC 4180, UTF-8), a line an attempt, by bank key; amounts in yuan with two decimals.

    A bank account is never changed, only replaced by another version, so the bytes stay the same.
    """
    wanted = (
        select(PayoutAttempt, BankAccount)
        .join(BankAccount, BankAccount.id == PayoutAttempt.account_id)
        .where(PayoutAttempt.file_id == file_id)
        .order_by(PayoutAttempt.bank_key)
    )
    lines = [_line(attempt, account) for attempt, account in session.execute(wanted)]
    return sheets.csv_text([COLUMNS, *lines]).encode()


def _line(attempt: PayoutAttempt, account: BankAccount) -> list[str]:
    return [
        attempt.bank_key,
        yuan(attempt.amount_fen),
        vault().open(account.account_name_ct, f"bank_account.name|{account.id}"),
        vault().open(account.account_number_ct, f"bank_account.number|{account.id}"),
        account.bank_name,
        attempt.expected_on,
    ]


def find(session: Session, file_id: str) -> PayoutFile:
    """The file's row. Raises Refused(PAYOUT_FILE_NOT_FOUND)."""
    found = session.get(PayoutFile, file_id)
    if found is None:
        raise Refused(Refusal.PAYOUT_FILE_NOT_FOUND)
    return found


def shown(file: PayoutFile) -> dict[str, Any]:
    """A file without its content."""
    return {
        "file_id": file.id,
        "number": file.number,
        "line_count": file.line_count,
        "total_fen": file.total_fen,
        "sha256": file.sha256,
        "made_at": clock.iso(file.made_at),
    }
