"""The folder shared with the bank: files go out once, late payments are asked about, results come in also twice."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import sql
from app.extensions import settings
from campaigns.payouts import folder
from tests.settlement.ledger_town import Town, staff

HEAD = "bank_key,outcome,amount_fen,reference,reason\n"


def test_what_goes_out_and_comes_in(scratch: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A second exchange writes nothing; what cannot be read is put aside; after the final word nothing is asked."""
    with scratch.test_request_context():
        ours = replace(settings(), payout_dir=str(tmp_path), payout_query_hours=24)
        monkeypatch.setattr(folder, "settings", lambda: ours)
        town = Town(staff(), 1, random.Random(3))
        town._post("redeem", "rdl_folder", town.merchants[0], 1_234)
        folder.exchange()
        before = set((tmp_path / "out").iterdir())
        town.pay(town.settle())
        folder.exchange()
        (file,) = set((tmp_path / "out").iterdir()) - before
        assert ",12.34," in file.read_text() and folder.exchange().startswith("0 files")
        sql.write(
            lambda session: session.execute(
                text("UPDATE payout_attempt SET sent_at = 0 WHERE state = 'sent'")
            )
        )
        folder.exchange()
        (key,) = town.questions()
        assert any(key in query.read_text() for query in (tmp_path / "out").glob("query-*.csv"))
        for name in ("first.csv", "again.csv"):
            (tmp_path / "in" / name).write_text(f"{HEAD}{key},paid,1234,B-1,\n")
        (tmp_path / "in" / "odd.csv").write_text(f"{HEAD}{key},perhaps,1234,B-1,\n")
        assert folder.exchange() == "0 files written, 2 results heard"
        assert {path.name for path in (tmp_path / "done").iterdir()} == {
            "first.csv",
            "again.csv",
            "odd.csv.unreadable",
        }
        assert town.questions() == [] and list(town.balance("paid").values()) == [1_234]
