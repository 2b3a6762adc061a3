"""Copies of a sheet that has paid, at many tills, while its voucher is back after a refund."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.kit.desk import Agent
from tests.kit.together import all_at_once
from tests.mutants.cast import CROWD, Cast


def copies_of_a_used_sheet(cast: Cast) -> list[Any]:
    """It paid, the goods went back; ten photocopies of it come at once."""
    agent, voucher = Agent(cast.bench), cast.vouchers[0]
    agent.post("/desk/visits", {"id_number": cast.holder.id_number, "consent": "signed"}, expect=201)
    sheet = agent.print(voucher)
    paid = cast.tills[0].redeem(sheet["qr"], [voucher], "O-PAPER", gross_fen=13_000)
    assert paid.status == 201, paid.body
    assert cast.tills[0].reverse("O-PAPER").status == 201
    acts = [
        partial(till.redeem, sheet["qr"], [voucher], gross_fen=12_000 + n)
        for n, till in enumerate(cast.tills[:CROWD])
    ]
    return all_at_once(acts)


RACES: dict[str, Callable[[Cast], list[Any]]] = {"a sheet pays twice": copies_of_a_used_sheet}
EFFECTS = {"a sheet pays twice": 0}
