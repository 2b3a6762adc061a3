"""What the sandbox costs who has nothing to do with it: nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, g

from app import sql
from app.ankang.scan import Till
from merchant_api.sandbox import faults

LIVE = Till("trm_1", "sto_1", "mer_1", is_test=False, store="菱湖店", merchant="大观楼小吃")
TEST = Till("trm_2", "sto_1", "mer_1", is_test=True, store="菱湖店", merchant="大观楼小吃")


class Asked(Exception):
    """SQL was asked."""


@pytest.fixture(autouse=True)
def _nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> Any:
        raise Asked

    monkeypatch.setattr(sql, "reading", ask)


@pytest.mark.parametrize("till", [LIVE, None], ids=["live till", "nobody"])
def test_who_is_no_test_till_is_let_through_without_a_query(scratch: Flask, till: Till | None):
    """Every one of the till's operations."""
    with scratch.test_request_context("/merchant/v1/scans", method="POST"):
        g.till = till
        faults.before()


def test_a_test_till_is_asked_for_what_can_be_forced_only(scratch: Flask):
    """A scan is looked up; the list of redemptions is not."""
    with scratch.test_request_context("/merchant/v1/scans", method="POST"):
        g.till = TEST
        with pytest.raises(Asked):
            faults.before()
    with scratch.test_request_context("/merchant/v1/redemptions?limit=5"):
        g.till = TEST
        faults.before()
