"""Allowances that a platform does not hand out."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import once
from app.ankang.scan import Till
from app.domain.refusals import Refusal, Refused
from app.vouchers import allowances
from tests.kit import inside

TILL = Till("trm_1", "sto_1", "mer_1", is_test=False, store="菱湖店", merchant="大观楼小吃")


def test_a_platform_may_keep_its_tills_online(tmp_path: Path):
    """OFFLINE_INTENTS=0: no terminal gets an allowance, so no intent is ever admitted."""
    app = inside.build(inside.environment(f"sqlite:///{tmp_path}/none.db", OFFLINE_INTENTS="0"))
    with app.app_context(), pytest.raises(Refused) as refused:
        allowances.give(TILL, once.Write("trm_1", "allowance", "allowance-1", ""))
    assert refused.value.refusal is Refusal.FORBIDDEN
